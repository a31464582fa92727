import { firstSequence } from "./generation.ts";
import type {
  ActivateAnswered,
  HandoverInput,
  PingSeen,
  ReleaseRequested,
  RestoreRefused,
  StreamEvent,
  StreamOpened,
} from "./inputs.ts";
import type { HandoverOutput, TimerName } from "./outputs.ts";
import { type AttemptKey, type Holder, isSameAttempt } from "./peer.ts";
import { createTaker, type GiverState, ownAs, type Step, stay, type TakerState } from "./state.ts";
import { reclaim, serveEmpty } from "./term.ts";

/**
 * A process that takes a node id over.
 *
 *   joining -group-ready-> requesting -opened-> copying -complete-> activating -accepted-> (serves, a giver)
 *                             ^ retry timer         | broken            | refused
 *                             standby <--------------------------------'
 */
export function stepTaker(state: TakerState, input: HandoverInput): Step {
  switch (input.type) {
    case "group-ready":
      return state.phase === "joining" ? request(state) : stay(state);
    case "stream-opened":
      return streamOpened(state, input);
    case "restore-refused":
      return restoreRefused(state, input);
    case "activate-accepted":
    case "activate-refused":
      return activateAnswered(state, input);
    case "ping-seen":
      return pingSeen(state, input);
    case "peer-dead":
      return peerDead(state, input.id);
    case "timer":
      return timerFired(state, input.timer);
    case "woke-up":
      return wokeUp(state);
    case "release-requested":
      return releaseRequested(state, input);
    case "stream-progress":
    case "stream-broken":
    case "copy-complete":
    case "late-arrived":
      return streamEvent(state, input);
    case "restore-requested": {
      const attempt = { taker: input.taker.id, number: input.number };
      const reason = state.phase === "activating" ? "busy" : "not-owner";
      const refusal = { type: "refuse-restore", attempt, reason, owner: state.owner } as const;
      return { state, outputs: [refusal] };
    }
    case "activate-requested": {
      const { attempt, round } = input;
      const isKnown = state.activated !== undefined && isSameAttempt(state.activated, attempt);
      const type = isKnown ? "accept-activation" : "refuse-activation";
      return { state, outputs: [{ type, attempt, round }] };
    }
    default:
      return stay(state);
  }
}

/** Turns a relaying process into the taker of what it gave; its own sealed copy stays until it holds a new one. */
export function takeBack(state: GiverState): Step {
  if (state.successor === undefined) return stay(state);
  const { id, address } = state.successor;
  const { attempts, seen, issued, reserve, activated, generation: floor } = state;
  const taker = createTaker(state.self, { id, address });
  return request({ ...taker, attempts, seen, issued, reserve, activated, floor });
}

function keyOf(state: TakerState): AttemptKey {
  return { taker: state.self, number: state.attempts };
}

function isCurrent(state: TakerState, attempt: AttemptKey): boolean {
  return attempt.taker === state.self && attempt.number === state.attempts;
}

function request(state: TakerState): Step {
  const attempts = state.attempts + 1;
  const attempt = { taker: state.self, number: attempts };
  return {
    state: {
      ...state,
      phase: "requesting",
      attempts,
      grant: undefined,
      round: 0,
      isAwake: true,
    },
    outputs: [
      { type: "open-stream", attempt, from: state.source },
      { type: "set-timer", timer: "stall" },
      { type: "report-phase", phase: "joining", reason: "asking the double" },
    ],
  };
}

/** Drops what came so far and tries again later. The next attempt's number tells the giver so. */
function standBy(state: TakerState, reason: string): Step {
  return {
    state: { ...state, phase: "standby", grant: undefined, round: 0 },
    outputs: [
      { type: "discard-incoming", attempt: keyOf(state) },
      { type: "set-timer", timer: "retry" },
      { type: "report-phase", phase: "standby", reason },
    ],
  };
}

function streamOpened(state: TakerState, { attempt, giver, grant }: StreamOpened): Step {
  if (state.phase !== "requesting" || !isCurrent(state, attempt)) return stay(state);
  return {
    state: { ...state, phase: "copying", source: giver, isSourceDead: false, grant },
    outputs: [
      { type: "set-timer", timer: "stall" },
      { type: "report-phase", phase: "pre-copy", reason: "stream opened" },
    ],
  };
}

function restoreRefused(before: TakerState, input: RestoreRefused): Step {
  if (before.phase !== "requesting" || !isCurrent(before, input.attempt)) return stay(before);
  const state: TakerState = { ...before, source: { ...before.source, id: input.from } };
  if (input.owner?.id === state.self) {
    // The double relays to this process, which has nothing: a loop, and nobody owns.
    const floor = Math.max(state.floor, input.owner.generation);
    return serveAlone({ ...state, floor }, "the double relays to this process");
  }
  const owner = input.owner ?? state.owner;
  const next: TakerState = { ...state, owner };
  // Two takers that wait for each other: the one with the lower id begins without connections.
  const isDeadlock = input.reason === "not-owner" && owner === undefined && state.self < input.from;
  return isDeadlock ? serveAlone(next, "nobody owns") : standBy(next, input.reason);
}

function streamEvent(state: TakerState, { type, attempt }: StreamEvent): Step {
  if (!isCurrent(state, attempt)) return stay(state);
  const isOpen = state.phase === "requesting" || state.phase === "copying";
  if (type === "stream-broken") return isOpen ? standBy(state, "stream broken") : stay(state);
  if (type === "stream-progress") {
    return isOpen ? { state, outputs: [{ type: "set-timer", timer: "stall" }] } : stay(state);
  }
  if (type === "copy-complete") return state.phase === "copying" ? activate(state) : stay(state);
  // The giver sends late connections only after it has sealed: as good as its acknowledgement.
  if (type !== "late-arrived" || state.phase !== "activating" || !state.isAwake) return stay(state);
  const served = serveTaken(state);
  const generation = state.grant?.generation ?? 0;
  const late: HandoverOutput = { type: "import-late", attempt, generation };
  return { state: served.state, outputs: [...served.outputs, late] };
}

function activate(state: TakerState): Step {
  const drop: readonly HandoverOutput[] = state.reserve ? [{ type: "drop-copy" }] : [];
  return {
    state: { ...state, phase: "activating", reserve: undefined },
    outputs: [
      ...drop,
      ...sendActivate(state),
      { type: "report-phase", phase: "activate", reason: "copy is whole" },
    ],
  };
}

function sendActivate(state: TakerState): readonly HandoverOutput[] {
  const { round, source } = state;
  return [
    { type: "send-activate", attempt: keyOf(state), round, to: source },
    { type: "set-timer", timer: "activate" },
  ];
}

function activateAnswered(state: TakerState, { type, attempt, round }: ActivateAnswered): Step {
  if (state.phase !== "activating" || !isCurrent(state, attempt)) return stay(state);
  if (type === "activate-refused") return standBy(state, "activation refused");
  return round === state.round ? serveTaken(state) : stay(state);
}

function serveTaken(state: TakerState): Step {
  const grant = state.grant;
  if (grant === undefined) return stay(state);
  const { generation, range } = grant;
  const giver: Holder = { ...state.source, generation, attempt: 0 };
  return {
    state: {
      ...ownAs(state),
      generation,
      range,
      spare: grant.spare,
      holders: [giver],
      taken: keyOf(state),
    },
    outputs: [
      { type: "cancel-timer" },
      { type: "advance-sequences", firstSequence: firstSequence(generation) },
      { type: "serve", generation, origin: "taken" },
      { type: "announce-generation", generation },
      { type: "report-phase", phase: "serving", reason: "acknowledged" },
    ],
  };
}

function serveUnacknowledged(state: TakerState): Step {
  const spare = state.grant?.spare;
  if (spare === undefined) return stay(state);
  const generation = spare.next;
  return {
    state: {
      ...ownAs(state),
      generation,
      range: { next: generation + 1, end: spare.end },
    },
    outputs: [
      { type: "cancel-timer" },
      { type: "warn-unacknowledged", generation, peer: state.source.id },
      { type: "advance-sequences", firstSequence: firstSequence(generation) },
      { type: "serve", generation, origin: "unacknowledged" },
      { type: "announce-generation", generation },
      { type: "report-phase", phase: "serving", reason: "the double is dead" },
    ],
  };
}

/** Serves without any double: from its own sealed copy if it has one, else without connections. */
function serveAlone(state: TakerState, reason: string): Step {
  const discard: HandoverOutput = { type: "discard-incoming", attempt: keyOf(state) };
  const served = state.reserve
    ? reclaim(state, state.reserve, state.source.id)
    : serveEmpty(state, state.floor, reason);
  return { state: served.state, outputs: [discard, ...served.outputs] };
}

function peerDead(state: TakerState, id: string): Step {
  const owner = state.owner?.id === id ? undefined : state.owner;
  const isSourceDead = state.isSourceDead || state.source.id === id;
  const next: TakerState = { ...state, owner, isSourceDead };
  if (!isSourceDead) return stay(owner === state.owner ? state : next);
  if (state.phase === "activating" && state.isAwake) return serveUnacknowledged(state);
  if (owner === undefined) return serveAlone(next, "nothing to take over");
  return state.phase === "standby" ? stay(next) : standBy(next, "the double is dead");
}

function pingSeen(state: TakerState, ping: PingSeen): Step {
  const { peer, role, generation } = ping;
  const isSource = peer.id === state.source.id;
  const granted = state.phase === "activating" ? state.grant?.generation : undefined;
  if (role === "relaying") {
    const isForUs = ping.successor === state.self && state.isAwake;
    const isOurs = isSource && generation === granted && isForUs;
    return isOurs ? serveTaken(state) : stay(state);
  }
  if (role !== "owner" || peer.id === state.self) return stay(state);
  const isNewer = state.owner === undefined || generation >= state.owner.generation;
  const owner = isSource || !isNewer ? state.owner : { ...peer, generation };
  const next: TakerState = { ...state, owner };
  if (granted !== undefined && generation > granted) return standBy(next, "somebody serves");
  return stay(next);
}

function timerFired(state: TakerState, timer: TimerName): Step {
  if (timer === "stall" && (state.phase === "requesting" || state.phase === "copying")) {
    return standBy(state, "stalled");
  }
  if (timer === "activate" && state.phase === "activating") {
    return { state, outputs: sendActivate(state) };
  }
  if (timer !== "retry" || state.phase !== "standby") return stay(state);
  return state.isSourceDead
    ? { state, outputs: [{ type: "set-timer", timer: "retry" }] }
    : request(state);
}

/** Others may have called this process dead and gone on, so no copy from before counts any more. */
function wokeUp(state: TakerState): Step {
  if (state.phase === "activating") {
    const next: TakerState = { ...state, round: state.round + 1, isAwake: false };
    return { state: next, outputs: sendActivate(next) };
  }
  const drop: readonly HandoverOutput[] = state.reserve ? [{ type: "drop-copy" }] : [];
  const next: TakerState = state.reserve ? { ...state, reserve: undefined } : state;
  if (state.phase === "joining" || state.phase === "standby") return { state: next, outputs: drop };
  // A whole copy may lie unread in the stream's buffer.
  const waiting = standBy(next, "slept");
  return { state: waiting.state, outputs: [...drop, ...waiting.outputs] };
}

function releaseRequested(state: TakerState, input: ReleaseRequested): Step {
  const { from, generation, attempt } = input;
  const answer: HandoverOutput = { type: "answer-release", to: from, generation };
  if (attempt === 0) {
    if (state.reserve?.generation !== generation) return { state, outputs: [answer] };
    return { state: { ...state, reserve: undefined }, outputs: [{ type: "drop-copy" }, answer] };
  }
  if (attempt !== state.attempts || state.phase === "joining" || state.phase === "standby") {
    return { state, outputs: [answer] };
  }
  const waiting = standBy(state, "asked to release");
  return { state: waiting.state, outputs: [...waiting.outputs, answer] };
}
