import type { CoreV1Event, V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import type { PodProblem } from "../plan/observation.ts";

/** Reasons of kubelet that no waiting will cure. */
const FINAL_REASONS: ReadonlySet<string> = new Set(["ErrImageNeverPull", "InvalidImageName"]);

/** Our server's code for a wrong option, certificate or environment: the same at each start. */
const EXIT_USAGE = 2;
const USAGE_CRASHES_ENOUGH = 2;
const CRASHES_ENOUGH = 4;

/** Why a pod is not ready, in words; undefined when it may just need more time. */
export function explainPod(
  pod: V1Pod,
  events: readonly CoreV1Event[],
  lastLine: string | undefined,
): PodProblem | undefined {
  return (
    unschedulable(pod) ??
    containerProblem(statusesOf(pod), lastLine) ??
    eventProblem(events.filter(({ involvedObject }) => involvedObject.uid === pod.metadata?.uid))
  );
}

/** Why a statefulset cannot create its pods (quota, admission); undefined when it can. */
export function explainSet(
  uid: string | undefined,
  events: readonly CoreV1Event[],
): PodProblem | undefined {
  const failed = events
    .filter(({ involvedObject, reason }) => involvedObject.uid === uid && reason === "FailedCreate")
    .at(-1);
  return failed === undefined
    ? undefined
    : { text: `pods are refused: ${oneLine(failed.message)}`, isFinal: false };
}

/** A container that ended: its log says why. */
export function hasCrashed(pod: V1Pod): boolean {
  return statusesOf(pod).some(({ lastState }) => lastState?.terminated !== undefined);
}

function statusesOf(pod: V1Pod): readonly V1ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}

function unschedulable(pod: V1Pod): PodProblem | undefined {
  const condition = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (condition?.status !== "False") return undefined;
  return { text: `no node takes it: ${oneLine(condition.message)}`, isFinal: false };
}

function containerProblem(
  statuses: readonly V1ContainerStatus[],
  lastLine: string | undefined,
): PodProblem | undefined {
  for (const { image, state, lastState, restartCount } of statuses) {
    const { reason = "", message } = state?.waiting ?? {};
    const isFinal = FINAL_REASONS.has(reason);
    if (/Image/.test(reason)) {
      return { text: `image ${image} cannot be had (${reason}: ${oneLine(message)})`, isFinal };
    }
    if (reason === "CreateContainerConfigError" || reason === "RunContainerError") {
      return { text: `container cannot be created (${oneLine(message)})`, isFinal: false };
    }
    const ended = state?.terminated ?? lastState?.terminated;
    if (ended !== undefined && ended.exitCode !== 0) {
      // Restarts are counted when they happen, so the last crash is not among them until it runs again.
      const crashes = restartCount + (state?.running === undefined ? 1 : 0);
      const enough = ended.exitCode === EXIT_USAGE ? USAGE_CRASHES_ENOUGH : CRASHES_ENOUGH;
      const said = lastLine === undefined || lastLine === "" ? "" : `: ${oneLine(lastLine)}`;
      const why = ended.reason === "OOMKilled" ? "out of memory, " : "";
      const times = crashes === 1 ? "once" : `${crashes} times`;
      return {
        text: `container crashed ${times} (${why}exit code ${ended.exitCode})${said}`,
        isFinal: crashes >= enough,
      };
    }
  }
  return undefined;
}

function eventProblem(events: readonly CoreV1Event[]): PodProblem | undefined {
  const telling = events.filter(({ reason = "" }) =>
    ["FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "Failed"].includes(reason),
  );
  const last = telling.at(-1);
  if (last === undefined) return undefined;
  return { text: `${last.reason}: ${oneLine(last.message)}`, isFinal: false };
}

function oneLine(text: string | undefined): string {
  return (text ?? "no reason given").replace(/\s+/g, " ").trim().slice(0, 300);
}
