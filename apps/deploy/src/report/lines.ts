import type { Action, Progress } from "../plan/step.ts";

/** One line for each thing that an action does, in kubectl's words. */
export function actionLine(action: Action, nameOf: (colour: string) => string): readonly string[] {
  const set = "colour" in action ? `statefulset.apps/${nameOf(action.colour)}` : "";
  switch (action.type) {
    case "label-pods": {
      const what = action.isGiver ? "labeled restore=true" : "label restore removed";
      return action.pods.map((pod) => `pod/${pod.name} ${what}`);
    }
    case "create-set":
      return [
        `${set} created (${action.replicas} replicas, initialDtlsClusterNodes ${action.replicas}, image ${action.image})`,
      ];
    case "turn-round":
      return [`${set} takes back what it gave`];
    case "set-image":
      return [`${set} image updated (${action.image})`];
    case "scale":
      return [`${set} scaled (${action.replicas} replicas)`];
    case "delete-pod":
      return [`pod "${action.pod.name}" deleted (it handed over; a new one takes back)`];
    case "delete-set":
      return [`statefulset.apps "${nameOf(action.colour)}" deleted`];
    case "complete":
      return [`${set} marked as complete`];
  }
}

/** ` 7 secs. a reports 3, b reports 0 of 3 ready.` */
export function progressLine(progress: Progress, seconds: number): string {
  const { source, target, sourceReady, targetReady, wanted, updated, reason, ending } = progress;
  const start = ` ${seconds} secs.`;
  if (reason === "end") return `${start} pods of the other colour are ending.`;
  if (source !== undefined) {
    const relays = reason === "drain" ? ` ${source} still relays.` : "";
    const waits = ending > 0 ? ` ${ending} earlier pods of ${target} are ending.` : "";
    return `${start} ${source} reports ${sourceReady}, ${target} reports ${targetReady} of ${wanted} ready.${relays}${waits}`;
  }
  if (updated !== undefined) {
    return `${start} ${target} reports ${targetReady} of ${wanted} ready, ${updated} of ${wanted} updated.`;
  }
  return `${start} ${targetReady} of ${wanted} ready`;
}
