import type { Grant } from "./generation.ts";
import type { AttemptKey, Owner, Peer } from "./peer.ts";

/** One timer runs at a time: setting one replaces the other. */
export type TimerName = "stall" | "freeze" | "activate" | "retry" | "doubt";

/** Delays that fit a 2 s retransmission of the clients. */
export const HANDOVER_DELAYS_MS: Readonly<Record<TimerName, number>> = {
  stall: 5_000,
  freeze: 1_000,
  activate: 200,
  retry: 1_000,
  doubt: 500,
};

export type RestoreRefusal =
  | "busy"
  | "copy-outstanding"
  | "generations-exhausted"
  | "handed-over"
  | "not-owner"
  | "stale-attempt";

export type Phase =
  | "joining"
  | "pre-copy"
  | "freeze"
  | "activate"
  | "late"
  | "relay"
  | "serving"
  | "doubtful"
  | "standby"
  | "ended";

/** How an owner came by its connections. */
export type ServeOrigin = "taken" | "unacknowledged" | "reclaimed" | "resumed" | "empty";

export type HandoverOutput =
  | { readonly type: "set-timer"; readonly timer: TimerName }
  | { readonly type: "cancel-timer" }
  | { readonly type: "report-phase"; readonly phase: Phase; readonly reason: string }
  // giver
  | {
      readonly type: "start-stream";
      readonly attempt: AttemptKey;
      readonly to: Peer;
      readonly grant: Grant;
    }
  | { readonly type: "close-stream"; readonly attempt: AttemptKey }
  | {
      readonly type: "refuse-restore";
      readonly attempt: AttemptKey;
      readonly reason: RestoreRefusal;
      readonly owner: Owner | undefined;
    }
  | { readonly type: "freeze" }
  | { readonly type: "send-delta"; readonly attempt: AttemptKey }
  | { readonly type: "send-end-mark"; readonly attempt: AttemptKey }
  | { readonly type: "accept-activation"; readonly attempt: AttemptKey; readonly round: number }
  | { readonly type: "refuse-activation"; readonly attempt: AttemptKey; readonly round: number }
  | { readonly type: "seal-for-ever" }
  | { readonly type: "relay-to"; readonly owner: Owner }
  | { readonly type: "send-late"; readonly attempt: AttemptKey }
  | { readonly type: "end-late"; readonly attempt: AttemptKey }
  | { readonly type: "drop-late"; readonly attempt: AttemptKey }
  | {
      readonly type: "ask-release";
      readonly of: Peer;
      readonly generation: number;
      readonly attempt: number;
    }
  | { readonly type: "stop" }
  // either
  | { readonly type: "advance-sequences"; readonly firstSequence: number }
  | { readonly type: "serve"; readonly generation: number; readonly origin: ServeOrigin }
  | { readonly type: "announce-generation"; readonly generation: number }
  | {
      readonly type: "warn-unacknowledged" | "warn-reclaimed" | "warn-lost";
      readonly generation: number;
      readonly peer: string;
    }
  | { readonly type: "answer-release"; readonly to: Peer; readonly generation: number }
  | { readonly type: "drop-copy" }
  // taker
  | { readonly type: "open-stream"; readonly attempt: AttemptKey; readonly from: Peer }
  | { readonly type: "discard-incoming"; readonly attempt: AttemptKey }
  | {
      readonly type: "send-activate";
      readonly attempt: AttemptKey;
      readonly round: number;
      readonly to: Peer;
    }
  | { readonly type: "import-late"; readonly attempt: AttemptKey; readonly generation: number };
