import {
  FIRST_GENERATION,
  GENERATION_COUNT,
  type GenerationRange,
  type Grant,
} from "./generation.ts";
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

/** Takers whose attempt numbers a giver remembers; a request repeated after more than that starts anew. */
export const SEEN_LIMIT = 8;

/** A process that owns the node id, or did so until it sealed. */
export interface GiverState extends Identity {
  readonly side: "giver";
  readonly phase: GiverPhase;
  /** The generation it writes in, or wrote in last. */
  readonly generation: number;
  readonly range: GenerationRange;
  /**
   * Of the grant that was acknowledged: higher than all its giver may ever use, and nobody else's, since the
   * acknowledgement has decided. Used when that giver is lost.
   */
  readonly spare: GenerationRange | undefined;
  readonly attempt: GiverAttempt | undefined;
  readonly holders: readonly Holder[];
  /** The attempt it sealed for; its activation is acknowledged as often as it is asked for. */
  readonly activated: AttemptKey | undefined;
  readonly successor: Owner | undefined;
  readonly reserve: Reserve | undefined;
  /** The attempt by which it became the owner; late connections of that one are welcome. */
  readonly taken: AttemptKey | undefined;
}

export type TakerPhase = "joining" | "requesting" | "copying" | "activating" | "standby";

/** A process that wants to own the node id and answers nothing for it yet. */
export interface TakerState extends Identity {
  readonly side: "taker";
  readonly phase: TakerPhase;
  readonly source: Peer;
  readonly isSourceDead: boolean;
  readonly grant: Grant | undefined;
  /** Raised after a pause, so that answers from before it do not count. */
  readonly round: number;
  /** False after a pause: only a fresh acknowledgement counts then, no death and no ping. */
  readonly isAwake: boolean;
  /** Somebody other than the source who is known to own the node id. */
  readonly owner: Owner | undefined;
  /** The attempt it sealed for in its own earlier term, whose taker may still wait for the answer. */
  readonly activated: AttemptKey | undefined;
  /** Generation to begin with if there is nothing to take over: the own one of an earlier term, or the first. */
  readonly floor: number;
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
 * nothing to take over. It begins with the first generation, so that it yields to anybody who holds connections.
 */
export function createOwner(self: string): GiverState {
  return ownAs({ self, attempts: 0, seen: [], issued: 0 });
}

/** What a process keeps for its whole life, whichever side it is on. */
export interface Identity {
  readonly self: string;
  /** Attempts this process ever made as a taker. */
  readonly attempts: number;
  /** The newest attempt of each of the last {@link SEEN_LIMIT} takers: one attempt never runs twice. */
  readonly seen: readonly AttemptKey[];
  /** The highest generation this process handed out: a number names one grant, whatever came between. */
  readonly issued: number;
}

/** The first state of a term of ownership in the first generation, without connections. */
export function ownAs({ self, attempts, seen, issued }: Identity): GiverState {
  return {
    side: "giver",
    self,
    attempts,
    seen,
    issued,
    phase: "serving",
    generation: FIRST_GENERATION,
    range: { next: FIRST_GENERATION + 1, end: GENERATION_COUNT },
    spare: undefined,
    attempt: undefined,
    holders: [],
    activated: undefined,
    successor: undefined,
    reserve: undefined,
    taken: undefined,
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
    seen: [],
    issued: 0,
    grant: undefined,
    round: 0,
    isAwake: true,
    owner: undefined,
    activated: undefined,
    floor: FIRST_GENERATION,
    reserve: undefined,
  };
}

/** True while the process may open and seal records. */
export function isServing(state: HandoverState): boolean {
  return state.side === "giver" && (state.phase === "serving" || state.phase === "copying");
}

/** What a process says of itself in the tail of its pings. */
export interface PingTail {
  readonly role: PingRole;
  readonly generation: number;
  readonly successor: string | undefined;
}

export function pingOf(state: HandoverState): PingTail {
  if (state.side === "taker" || state.phase === "doubtful" || state.phase === "ended") {
    return { role: "none", generation: 0, successor: undefined };
  }
  if (state.successor !== undefined) {
    const { id, generation } = state.successor;
    return { role: "relaying", generation, successor: id };
  }
  return { role: "owner", generation: state.generation, successor: undefined };
}
