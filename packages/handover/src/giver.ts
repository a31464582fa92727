import { divide } from "./generation.ts";
import type {
  ActivateRequested,
  CopyReleased,
  HandoverInput,
  PingSeen,
  ReleaseRequested,
  RestoreRequested,
  StreamEvent,
} from "./inputs.ts";
import type { HandoverOutput, RestoreRefusal, TimerName } from "./outputs.ts";
import { type AttemptKey, isSameAttempt } from "./peer.ts";
import { type GiverAttempt, type GiverState, SEEN_LIMIT, type Step, stay } from "./state.ts";
import { takeBack } from "./taker.ts";
import {
  abort,
  askReleases,
  doubt,
  endAttempt,
  handOver,
  reclaim,
  resume,
  serveEmpty,
  yieldTo,
} from "./term.ts";

/**
 * The owner of a node id, and what it becomes when it hands over.
 *
 *   serving -restore-requested-> copying -copy-drained-> freezing -delta-sent-> frozen -activate-> late -> relaying
 *      ^___________ any failure: back to serving, from frozen in the next generation ___|
 */
export function stepGiver(state: GiverState, input: HandoverInput): Step {
  switch (input.type) {
    case "restore-requested":
      return restoreRequested(state, input);
    case "activate-requested":
      return activateRequested(state, input);
    case "release-requested":
      return releaseRequested(state, input);
    case "copy-released":
      return copyReleased(state, input);
    case "ping-seen":
      return pingSeen(state, input);
    case "peer-dead":
      return peerDead(state, input.id);
    case "peer-lost":
      return peerLost(state, input.id);
    case "timer":
      return timerFired(state, input.timer);
    case "woke-up":
      return wokeUp(state);
    case "lease-over":
      return isSealed(state) ? dropReserve(state) : stay(state);
    case "take-back":
      return isSealed(state) && state.phase !== "ended" ? takeBack(state) : stay(state);
    case "flows-idle":
      return state.phase === "relaying" ? end(state) : stay(state);
    case "late-arrived":
      return lateArrived(state, input.attempt);
    case "copy-drained":
    case "delta-sent":
    case "stream-progress":
    case "stream-broken":
    case "late-connection":
    case "late-drained":
      return streamEvent(state, input);
    default:
      return stay(state);
  }
}

function isSealed(state: GiverState): boolean {
  return state.phase === "late" || state.phase === "relaying" || state.phase === "ended";
}

function restoreRequested(state: GiverState, input: RestoreRequested): Step {
  const { taker, number } = input;
  const key = { taker: taker.id, number };
  if (isSealed(state)) return refuse(state, key, "handed-over");
  if (state.phase === "doubtful") return refuse(state, key, "busy");
  const last = state.seen.find((seen) => seen.taker === taker.id);
  if (last !== undefined && number <= last.number) return refuse(state, key, "stale-attempt");
  const current = state.attempt;
  if (current !== undefined && current.taker !== taker.id) return refuse(state, key, "busy");
  // A taker discards its copy before it asks again, so from an older attempt it holds none any more.
  const ended = abort(state, false, "asked again");
  const holders = ended.state.holders.filter(
    (holder) => holder.id !== taker.id || holder.attempt === 0,
  );
  const next = grantAttempt({ ...ended.state, holders }, input);
  return { state: next.state, outputs: [...ended.outputs, ...next.outputs] };
}

function grantAttempt(state: GiverState, { taker, number }: RestoreRequested): Step {
  const key = { taker: taker.id, number };
  const others = state.holders.filter((holder) => holder.id !== taker.id);
  if (others.length > 0) {
    const refused = refuse(state, key, "copy-outstanding");
    return { state, outputs: [...refused.outputs, ...askReleases(others)] };
  }
  const division = divide(state.range);
  if (division === undefined) return refuse(state, key, "generations-exhausted");
  const { grant, rest, reserve } = division;
  const attempt: GiverAttempt = { ...key, address: taker.address, grant, rest, reserve };
  const range = { next: grant.generation + 1, end: state.range.end };
  const issued = Math.max(state.issued, grant.generation);
  const seen = [...state.seen.filter((known) => known.taker !== taker.id), key].slice(-SEEN_LIMIT);
  return {
    state: { ...state, phase: "copying", range, attempt, seen, issued },
    outputs: [
      { type: "start-stream", attempt: key, to: taker, grant },
      { type: "set-timer", timer: "stall" },
      { type: "report-phase", phase: "pre-copy", reason: "requested" },
    ],
  };
}

function refuse(state: GiverState, attempt: AttemptKey, reason: RestoreRefusal): Step {
  return {
    state,
    outputs: [{ type: "refuse-restore", attempt, reason, owner: state.successor }],
  };
}

function streamEvent(state: GiverState, { type, attempt }: StreamEvent): Step {
  if (state.phase === "late") return lateEvent(state, type, attempt);
  if (state.attempt === undefined || !isSameAttempt(state.attempt, attempt)) return stay(state);
  if (type === "stream-broken") return abort(state, true, "stream broken");
  if (state.phase === "copying" && type === "stream-progress") {
    return { state, outputs: [{ type: "set-timer", timer: "stall" }] };
  }
  if (state.phase === "copying" && type === "copy-drained") {
    return {
      state: { ...state, phase: "freezing" },
      outputs: [
        { type: "freeze" },
        { type: "send-delta", attempt },
        { type: "set-timer", timer: "freeze" },
        { type: "report-phase", phase: "freeze", reason: "copied" },
      ],
    };
  }
  if (state.phase === "freezing" && type === "delta-sent") {
    return {
      state: { ...state, phase: "frozen" },
      outputs: [
        { type: "send-end-mark", attempt },
        { type: "report-phase", phase: "activate", reason: "copy is whole" },
      ],
    };
  }
  return stay(state);
}

function lateEvent(state: GiverState, type: StreamEvent["type"], attempt: AttemptKey): Step {
  if (state.activated === undefined || !isSameAttempt(state.activated, attempt)) return stay(state);
  if (type === "late-connection") return { state, outputs: [{ type: "send-late", attempt }] };
  if (type !== "late-drained" && type !== "stream-broken") return stay(state);
  return {
    state: { ...state, phase: "relaying" },
    outputs: [
      { type: type === "late-drained" ? "end-late" : "drop-late", attempt },
      { type: "report-phase", phase: "relay", reason: type },
    ],
  };
}

function activateRequested(state: GiverState, { attempt, round }: ActivateRequested): Step {
  if (state.phase === "frozen" && state.attempt && isSameAttempt(state.attempt, attempt)) {
    return handOver(state, round);
  }
  const isKnown = state.activated !== undefined && isSameAttempt(state.activated, attempt);
  const type = isKnown && isSealed(state) ? "accept-activation" : "refuse-activation";
  return { state, outputs: [{ type, attempt, round }] };
}

function releaseRequested(state: GiverState, { from, generation }: ReleaseRequested): Step {
  // To say "released" means that nobody got anything from that copy, so only the asker may own.
  if (!isSealed(state)) {
    return { state, outputs: [{ type: "announce-generation", generation: state.generation }] };
  }
  // The answer's status names the owner. To announce its generation would be to claim it.
  if (state.successor?.id !== from.id) return stay(state);
  const answer: HandoverOutput = { type: "answer-release", to: from, generation };
  if (state.reserve?.generation !== generation) return { state, outputs: [answer] };
  return { state: { ...state, reserve: undefined }, outputs: [{ type: "drop-copy" }, answer] };
}

function copyReleased(state: GiverState, { from, generation }: CopyReleased): Step {
  const holders = state.holders.filter(
    (holder) => holder.id !== from || holder.generation !== generation,
  );
  if (holders.length === state.holders.length) return stay(state);
  const next: GiverState = { ...state, holders };
  const isSure = state.phase === "doubtful" && holders.length === 0;
  return isSure ? resume(next, "nobody else holds a copy") : stay(next);
}

function pingSeen(state: GiverState, ping: PingSeen): Step {
  if (ping.peer.id === state.self || state.phase === "ended") return stay(state);
  if (isSealed(state)) return pingSeenSealed(state, ping);
  const { generation } = ping;
  if (ping.role === "relaying" && state.phase === "doubtful") {
    const isBeyond = generation > state.generation && ping.successor !== state.self;
    return isBeyond ? yieldTo(state, { ...ping.peer, generation }) : stay(state);
  }
  if (ping.role !== "owner") return stay(state);
  const isHigher =
    generation > state.generation || (generation === state.generation && ping.peer.id > state.self);
  if (isHigher) return yieldTo(state, { ...ping.peer, generation });
  return { state, outputs: [{ type: "announce-generation", generation: state.generation }] };
}

function pingSeenSealed(state: GiverState, ping: PingSeen): Step {
  const { successor, reserve } = state;
  const { role, generation, peer } = ping;
  if (successor === undefined) return stay(state);
  if (role === "relaying") {
    const isLoop =
      peer.id === successor.id &&
      ping.successor === state.self &&
      generation >= successor.generation &&
      reserve === undefined;
    return isLoop
      ? serveEmpty(state, generation, "two processes relay to each other")
      : stay(state);
  }
  if (role !== "owner" || generation <= successor.generation) return stay(state);
  const owner = { ...peer, generation };
  const relay: HandoverOutput = { type: "relay-to", owner };
  const next: GiverState = { ...state, successor: owner };
  if (peer.id === successor.id || reserve === undefined) return { state: next, outputs: [relay] };
  return { state: { ...next, reserve: undefined }, outputs: [{ type: "drop-copy" }, relay] };
}

function peerDead(state: GiverState, id: string): Step {
  if (isSealed(state)) {
    if (state.phase === "ended" || state.successor?.id !== id) return stay(state);
    if (state.reserve) return reclaim(state, state.reserve, id);
    return serveEmpty(state, state.generation, "the owner is dead");
  }
  const wasHolder = state.holders.some((holder) => holder.id === id);
  const holders = state.holders.filter((holder) => holder.id !== id);
  const next: GiverState = wasHolder ? { ...state, holders } : state;
  if (next.attempt?.taker === id) return abort(next, false, "taker died");
  if (wasHolder && state.phase === "doubtful") {
    // While this process slept the dead one may have served and handed over to yet another.
    const generation = Math.max(state.generation, Math.min(state.range.next, state.range.end - 1));
    return serveEmpty(state, generation, "cannot tell what a dead holder did");
  }
  return stay(next);
}

/**
 * The process that this one took from cannot be reached any more, and has no copy any more. From here on
 * generations are handed out that are higher than any it could use, so that whoever is wrong about this loses.
 */
function peerLost(state: GiverState, id: string): Step {
  const { spare, holders } = state;
  const isGiver = holders.some((holder) => holder.id === id && holder.attempt === 0);
  if (state.phase !== "serving" || !isGiver || !spare || divide(spare) === undefined) {
    return stay(state);
  }
  return {
    state: {
      ...state,
      holders: holders.filter((holder) => holder.id !== id || holder.attempt !== 0),
      range: spare,
      spare: undefined,
    },
    outputs: [{ type: "warn-lost", generation: state.generation, peer: id }],
  };
}

function dropReserve(state: GiverState): Step {
  if (state.reserve === undefined) return stay(state);
  return { state: { ...state, reserve: undefined }, outputs: [{ type: "drop-copy" }] };
}

function timerFired(state: GiverState, timer: TimerName): Step {
  if (timer === "stall" && state.phase === "copying") return abort(state, true, "stalled");
  if (timer === "freeze" && (state.phase === "freezing" || state.phase === "frozen")) {
    return abort(state, true, "no activation in time");
  }
  if (timer === "doubt" && state.phase === "doubtful") {
    const outputs = [...askReleases(state.holders), { type: "set-timer", timer } as const];
    return { state, outputs };
  }
  return stay(state);
}

function wokeUp(state: GiverState): Step {
  if (isSealed(state)) return dropReserve(state);
  if (state.phase === "doubtful") return stay(state);
  const wasFrozen = state.phase === "freezing" || state.phase === "frozen";
  const isHeld = state.holders.length > 0 || state.phase === "frozen";
  if (!isHeld) return wasFrozen ? abort(state, true, "slept") : stay(state);
  const ended = endAttempt(state, true, "slept");
  const doubtful = doubt(ended.state);
  return { state: doubtful.state, outputs: [...ended.outputs, ...doubtful.outputs] };
}

function lateArrived(state: GiverState, attempt: AttemptKey): Step {
  if (isSealed(state) || !state.taken || !isSameAttempt(state.taken, attempt)) return stay(state);
  return { state, outputs: [{ type: "import-late", attempt, generation: state.generation }] };
}

function end(state: GiverState): Step {
  return {
    state: { ...state, phase: "ended", reserve: undefined },
    outputs: [{ type: "stop" }, { type: "report-phase", phase: "ended", reason: "flows idle" }],
  };
}
