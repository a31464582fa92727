import type { GenerationRange } from "./generation.ts";

/** A process. `id` names one start of it: a restarted process has another one. */
export interface Peer {
  readonly id: string;
  /** Where its cluster channel and its https service are found; opaque to the machine. */
  readonly address: string;
}

/** One try of one taker. Numbers rise by one within the life of the taker's process. */
export interface AttemptKey {
  readonly taker: string;
  readonly number: number;
}

/** A process that is known to own the node id. */
export interface Owner extends Peer {
  readonly generation: number;
}

/**
 * A process other than the owner that may hold a whole copy of the connections: the giver it took them from,
 * or a taker whose attempt failed after the end mark. While one is outstanding nobody else gets a copy.
 */
export interface Holder extends Peer {
  /** Generation of the grant that made the copy: its name. */
  readonly generation: number;
  /** The attempt's number, 0 when the holder is the giver. */
  readonly attempt: number;
}

/** What a giver keeps after it sealed, to serve again if its taker dies. */
export interface Reserve {
  /** Generation of the grant that was acknowledged. */
  readonly generation: number;
  readonly range: GenerationRange;
}

/** What the cluster ping's tail says about the sender. */
export type PingRole = "owner" | "relaying" | "none";

export function isSameAttempt(a: AttemptKey, b: AttemptKey): boolean {
  return a.taker === b.taker && a.number === b.number;
}
