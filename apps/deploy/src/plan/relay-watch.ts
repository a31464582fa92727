import {
  type Colour,
  isRelaying,
  livingPods,
  type Observation,
  readyCount,
} from "./observation.ts";

export interface DrainPolicy {
  /** Nothing relayed for this long means that nobody needs the old pods. */
  readonly quietMs: number;
  /** Where metrics cannot be read: as long as a flow may stick to a pod (conntrack, 120 s). */
  readonly blindMs: number;
  /** Then they go in any case. */
  readonly limitMs: number;
}

/** What was seen of the relaying pods of one colour since none of them is ready any more. */
export interface RelayWatch {
  readonly startedAt: number;
  readonly changedAt: number;
  readonly relayed: number;
  /** Pods whose metrics cannot be read. */
  readonly blind: readonly string[];
  readonly pods: number;
}

/** Feeds one observation; undefined while pods of the colour still serve. */
export function watchRelays(
  before: RelayWatch | undefined,
  observation: Observation,
  colour: Colour,
  now: number,
): RelayWatch | undefined {
  if (readyCount(observation, colour) > 0) return undefined;
  // A pod that was never marked has given nothing away; one in another phase is a process that began anew.
  const pods = livingPods(observation, colour).filter(
    (pod) => pod.isGiver && pod.isRunning && (pod.phase === undefined || isRelaying(pod)),
  );
  const relayed = pods.reduce((sum, pod) => sum + (pod.relayed ?? 0), 0);
  const blind = pods.filter((pod) => pod.relayed === undefined).map((pod) => pod.name);
  const isSame = before !== undefined && before.relayed === relayed && before.pods === pods.length;
  return {
    startedAt: before?.startedAt ?? now,
    changedAt: isSame ? before.changedAt : now,
    relayed,
    blind,
    pods: pods.length,
  };
}

export type Drained = "nothing relays" | "quiet" | "not to be seen" | "time is up";

/** Why the pods may go; undefined when they still have work. */
export function drainedBy(
  watch: RelayWatch | undefined,
  policy: DrainPolicy,
  now: number,
): Drained | undefined {
  if (watch === undefined) return undefined;
  if (watch.pods === 0) return "nothing relays";
  if (now - watch.startedAt >= policy.limitMs) return "time is up";
  const quietMs = now - watch.changedAt;
  if (watch.blind.length > 0) return quietMs >= policy.blindMs ? "not to be seen" : undefined;
  return quietMs >= policy.quietMs ? "quiet" : undefined;
}
