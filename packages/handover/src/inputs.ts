import type { Grant } from "./generation.ts";
import type { RestoreRefusal, TimerName } from "./outputs.ts";
import type { AttemptKey, Owner, Peer, PingRole } from "./peer.ts";

/** https `GET /restore` arrived; client certificate checked. */
export interface RestoreRequested {
  readonly type: "restore-requested";
  readonly taker: Peer;
  readonly number: number;
}

/** https `POST /restore/activate` arrived. `round` comes back unchanged in the answer. */
export interface ActivateRequested {
  readonly type: "activate-requested";
  readonly attempt: AttemptKey;
  readonly round: number;
}

/** https `POST /restore/release` arrived: the sender asks to drop a copy it does not own any more. */
export interface ReleaseRequested {
  readonly type: "release-requested";
  readonly from: Peer;
  readonly generation: number;
  /** The attempt's number if the receiver was the taker, 0 if it was the giver. */
  readonly attempt: number;
}

/** The 200 answer to `POST /restore/release`. */
export interface CopyReleased {
  readonly type: "copy-released";
  readonly from: string;
  readonly generation: number;
}

/** A ping or pong of another process with the own node id, from an authenticated or configured address. */
export interface PingSeen {
  readonly type: "ping-seen";
  readonly peer: Peer;
  readonly role: PingRole;
  /** The sender's own generation, or the one it relays to. */
  readonly generation: number;
  /** Whom the sender relays to. */
  readonly successor: string | undefined;
}

/**
 * Something that knows says that the process has ended and will not come back with its memory: Kubernetes
 * (pod gone, container restarted), the parent process, the operator. Silence is not such a witness. Feed it
 * again for as long as the process is dead and the machine still names it.
 */
export interface PeerDead {
  readonly type: "peer-dead";
  readonly id: string;
}

/**
 * The process was out of touch for so long that the lease of the copy it sealed has ended on its own clock,
 * whatever became of it: see decision 51. That is no death, and nobody takes over because of it.
 */
export interface PeerLost {
  readonly type: "peer-lost";
  readonly id: string;
}

/** The 200 header frame of the stream was read. */
export interface StreamOpened {
  readonly type: "stream-opened";
  readonly attempt: AttemptKey;
  readonly giver: Peer;
  readonly grant: Grant;
}

/** The answer to `GET /restore` was not 200 but a refusal. */
export interface RestoreRefused {
  readonly type: "restore-refused";
  readonly attempt: AttemptKey;
  readonly reason: RestoreRefusal;
  /** The refusing process. */
  readonly from: string;
  /** Who owns, if the refusing process knows. */
  readonly owner: Owner | undefined;
}

export interface ActivateAnswered {
  readonly type: "activate-accepted" | "activate-refused";
  readonly attempt: AttemptKey;
  readonly round: number;
}

/** Steps of the stream of one attempt; stale ones are ignored. */
export interface StreamEvent {
  readonly type:
    | "copy-drained"
    | "delta-sent"
    | "stream-progress"
    | "stream-broken"
    | "late-connection"
    | "late-drained"
    | "copy-complete"
    | "late-arrived";
  readonly attempt: AttemptKey;
}

export interface TimerFired {
  readonly type: "timer";
  readonly timer: TimerName;
}

/**
 * `group-ready`: the own group is ready. `woke-up`: the process did not run for longer than anybody may
 * take before calling it dead; must be fed before anything else after the pause. `lease-over`: the successor
 * of a process that sealed has not answered it for the length of a lease. `take-back`: a relaying
 * process shall become the owner again. `flows-idle`: nothing reached a relaying process for long.
 */
export interface Signal {
  readonly type: "group-ready" | "woke-up" | "lease-over" | "take-back" | "flows-idle";
}

export type HandoverInput =
  | RestoreRequested
  | ActivateRequested
  | ReleaseRequested
  | CopyReleased
  | PingSeen
  | PeerDead
  | PeerLost
  | StreamOpened
  | RestoreRefused
  | ActivateAnswered
  | StreamEvent
  | TimerFired
  | Signal;
