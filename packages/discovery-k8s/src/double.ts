import { isGiver, type Pod } from "./pod.ts";

const COLOURED = /^(.*-)([ab])(-\d+)$/;

/** Name of the pod of the other colour with the same ordinal; undefined for a pod without colour. */
export function doubleName(pod: string): string | undefined {
  const match = COLOURED.exec(pod);
  return match === null ? undefined : `${match[1]}${match[2] === "a" ? "b" : "a"}${match[3]}`;
}

/** How a process begins. */
export type Beginning =
  /** There is nobody to take over from: it owns its node id. */
  | { readonly type: "own" }
  | { readonly type: "take"; readonly from: Pod }
  /** Another pod may hold the node id. Look again when something changed, and every second. */
  | { readonly type: "wait"; readonly reason: string };

/** How long a state of the double must last before something is concluded from it. */
const STABLE_MS = 3000;
/** The same for a double that runs and is not ready. */
const PATIENCE_MS = 30_000;

/**
 * Decides how a process begins, so that a node id is never served by two pods. Only the double can hold it: Kubernetes
 * runs one pod of a name at a time.
 *
 * The label `restore=true` says who gives: its pods never take back (a pod that lost its memory after it gave would
 * empty the one that serves). A double that cannot run says nothing; it takes over from this process when it can.
 * @param since milliseconds for which double has been in this state
 */
export function beginning(own: Pod, double: Pod | undefined, since: number): Beginning {
  if (double === undefined || double.hasEnded) return { type: "own" };
  const name = double.name;
  if (!double.isRunning || double.addresses.length === 0) {
    if (since >= STABLE_MS) return { type: "own" };
    return { type: "wait", reason: `its double ${name} does not run (yet)` };
  }
  if (isGiver(own)) {
    if (!double.isReady && since >= PATIENCE_MS) return { type: "own" };
    return {
      type: "wait",
      reason: `it has the label restore=true, so its connections are those of ${name} now: delete that pod, or this one`,
    };
  }
  if (isGiver(double)) return { type: "take", from: double };
  if (!double.isReady && isOlder(own, double)) return { type: "own" };
  return {
    type: "wait",
    reason: `its double ${name} runs and may not be taken over from: label it restore=true, or delete it`,
  };
}

function isOlder(own: Pod, double: Pod): boolean {
  if (own.createdAt !== double.createdAt) return own.createdAt < double.createdAt;
  return own.name < double.name;
}
