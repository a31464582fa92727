import { GENERATION_COUNT, type GenerationRange, type Grant } from "./generation.ts";
import type { HandoverOutput } from "./outputs.ts";
import type { AttemptKey, Holder, Owner, Peer, PingRole, Reserve } from "./peer.ts";

/** The attempt a giver is working on. */
export interface GiverAttempt extends AttemptKey {
  readonly address: string;
  readonly grant: Grant;
  readonly rest: GenerationRange;
  readonly reserve: GenerationRange;
}

/**
 * `serving`, `copying`: opens and seals. `freezing`: frozen, the difference is being sent. `frozen`: the end
 * mark is out. `doubtful`: silent, asks who else holds a copy. `late`, `relaying`: sealed for ever.
 */
export type GiverPhase =
  | "serving"
  | "copying"
  | "freezing"
  | "frozen"
  | "doubtful"
  | "late"
  | "relaying"
  | "ended";

/** A process that owns the node id, or did so until it sealed. */
export interface GiverState {
  readonly side: "giver";
  readonly self: string;
  readonly phase: GiverPhase;
  /** The generation it writes in, or wrote in last. */
  readonly generation: number;
  readonly range: GenerationRange;
  readonly attempt: GiverAttempt | undefined;
  readonly holders: readonly Holder[];
  /** The attempt it sealed for; its activation is acknowledged as often as it is asked for. */
  readonly activated: AttemptKey | undefined;
  readonly successor: Owner | undefined;
  readonly reserve: Reserve | undefined;
  /** The attempt by which it became the owner; late connections of that one are welcome. */
  readonly taken: AttemptKey | undefined;
  /** Attempts this process ever made. */
  readonly attempts: number;
}

export type TakerPhase = "joining" | "requesting" | "copying" | "activating" | "standby";

/** A process that wants to own the node id and answers nothing for it yet. */
export interface TakerState {
  readonly side: "taker";
  readonly self: string;
  readonly phase: TakerPhase;
  readonly source: Peer;
  readonly isSourceDead: boolean;
  readonly attempts: number;
  readonly grant: Grant | undefined;
  /** Raised after a pause, so that answers from before it do not count. */
  readonly round: number;
  /** False after a pause: only a fresh acknowledgement counts then, no death and no ping. */
  readonly isAwake: boolean;
  /** Somebody other than the source who is known to own the node id. */
  readonly owner: Owner | undefined;
  /** Its own sealed copy when it takes back what it gave. */
  readonly reserve: Reserve | undefined;
}

export type HandoverState = GiverState | TakerState;

export interface Step {
  readonly state: HandoverState;
  readonly outputs: readonly HandoverOutput[];
}

const NOTHING: readonly HandoverOutput[] = [];

/** The input changes nothing. */
export function stay(state: HandoverState): Step {
  return { state, outputs: NOTHING };
}

/**
 * A process that owns its node id with no connections: the first one of a cluster, or one that found
 * nothing to take over. It is generation 0, so that it yields to anybody who holds connections.
 */
export function createOwner(self: string, attempts = 0): GiverState {
  return {
    side: "giver",
    self,
    phase: "serving",
    generation: 0,
    range: { next: 1, end: GENERATION_COUNT },
    attempt: undefined,
    holders: [],
    activated: undefined,
    successor: undefined,
    reserve: undefined,
    taken: undefined,
    attempts,
  };
}

/** A process that will take over from `source`, its double, as soon as its group is ready. */
export function createTaker(self: string, source: Peer): TakerState {
  return {
    side: "taker",
    self,
    phase: "joining",
    source,
    isSourceDead: false,
    attempts: 0,
    grant: undefined,
    round: 0,
    isAwake: true,
    owner: undefined,
    reserve: undefined,
  };
}

/** True while the process may open and seal records. */
export function isServing(state: HandoverState): boolean {
  return state.side === "giver" && (state.phase === "serving" || state.phase === "copying");
}

/** What the process says in its pings: its role, and the generation that goes with it. */
export function pingOf(state: HandoverState): { role: PingRole; generation: number } {
  if (state.side === "taker" || state.phase === "doubtful" || state.phase === "ended") {
    return { role: "none", generation: 0 };
  }
  if (state.successor !== undefined) {
    return { role: "relaying", generation: state.successor.generation };
  }
  return { role: "owner", generation: state.generation };
}
