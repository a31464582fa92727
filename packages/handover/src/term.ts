import { firstSequence, GENERATION_COUNT } from "./generation.ts";
import type { HandoverOutput } from "./outputs.ts";
import type { Holder, Owner, Peer, Reserve } from "./peer.ts";
import { type GiverState, type Identity, ownAs, type Step } from "./state.ts";

/** Everything that begins or ends a term of ownership. */

/** Ends the attempt under way. A taker that was sent the end mark and may still have it becomes a holder. */
export function endAttempt(
  state: GiverState,
  mayHold: boolean,
  reason: string,
): Step & { state: GiverState } {
  const attempt = state.attempt;
  if (attempt === undefined) return { state, outputs: [] };
  const outputs: HandoverOutput[] = [
    { type: "cancel-timer" },
    { type: "close-stream", attempt: { taker: attempt.taker, number: attempt.number } },
  ];
  if (state.phase === "copying") {
    outputs.push({ type: "report-phase", phase: "serving", reason });
    return { state: { ...state, phase: "serving", attempt: undefined }, outputs };
  }
  const wasWhole = state.phase === "frozen";
  const others = state.holders.filter(
    (holder) => holder.id !== attempt.taker || holder.attempt === 0,
  );
  const holder: Holder = {
    id: attempt.taker,
    address: attempt.address,
    generation: attempt.grant.generation,
    attempt: attempt.number,
  };
  const holders = wasWhole && mayHold ? [...others, holder] : state.holders;
  const next: GiverState = {
    ...state,
    attempt: undefined,
    holders,
    range: wasWhole ? attempt.rest : state.range,
  };
  return { state: next, outputs };
}

/** Serves on after a freeze, in the next generation, so that nothing written before can be repeated. */
export function resume(state: GiverState, reason: string): Step & { state: GiverState } {
  // An empty range means that no grant was made since, so the old block is still nobody else's.
  const isSpent = state.range.next >= state.range.end;
  const generation = isSpent ? state.generation : state.range.next;
  const range = isSpent ? state.range : { next: generation + 1, end: state.range.end };
  return {
    state: { ...state, phase: "serving", generation, range, attempt: undefined },
    outputs: [
      { type: "cancel-timer" },
      { type: "advance-sequences", firstSequence: firstSequence(generation) },
      { type: "serve", generation, origin: "resumed" },
      { type: "announce-generation", generation },
      { type: "report-phase", phase: "serving", reason },
    ],
  };
}

/** Gives an attempt up and serves on. */
export function abort(
  state: GiverState,
  mayHold: boolean,
  reason: string,
): Step & { state: GiverState } {
  const wasFrozen = state.phase === "freezing" || state.phase === "frozen";
  const ended = endAttempt(state, mayHold, reason);
  if (!wasFrozen) return ended;
  const resumed = resume(ended.state, reason);
  return { state: resumed.state, outputs: [...ended.outputs, ...resumed.outputs] };
}

/** The taker confirmed a whole copy: from here this process never seals in its generation again. */
export function handOver(state: GiverState, round: number): Step {
  const attempt = state.attempt;
  if (attempt === undefined) return { state, outputs: [] };
  const key = { taker: attempt.taker, number: attempt.number };
  const generation = attempt.grant.generation;
  const successor: Owner = { id: attempt.taker, address: attempt.address, generation };
  return {
    state: {
      ...state,
      phase: "late",
      attempt: undefined,
      holders: [],
      activated: key,
      successor,
      reserve: { generation, range: attempt.reserve },
      taken: undefined,
    },
    outputs: [
      { type: "cancel-timer" },
      { type: "seal-for-ever" },
      { type: "accept-activation", attempt: key, round },
      { type: "relay-to", owner: successor },
      { type: "report-phase", phase: "late", reason: "activated" },
    ],
  };
}

/** Somebody else owns in a higher generation: yields, and keeps nothing that could compete with it. */
export function yieldTo(state: GiverState, owner: Owner): Step {
  const ended = endAttempt(state, true, "superseded");
  return {
    state: {
      ...ended.state,
      phase: "relaying",
      holders: [],
      activated: undefined,
      successor: owner,
      reserve: undefined,
      taken: undefined,
    },
    outputs: [
      ...ended.outputs,
      { type: "cancel-timer" },
      { type: "seal-for-ever" },
      { type: "drop-copy" },
      { type: "relay-to", owner },
      { type: "report-phase", phase: "relay", reason: "superseded" },
    ],
  };
}

/** Serves from the copy it sealed, because the process it sealed for is dead. */
export function reclaim(process: Identity, reserve: Reserve, dead: string): Step {
  const generation = reserve.range.next;
  return {
    state: {
      ...ownAs(process),
      generation,
      range: { next: generation + 1, end: reserve.range.end },
    },
    outputs: [
      { type: "cancel-timer" },
      { type: "warn-reclaimed", generation, peer: dead },
      { type: "advance-sequences", firstSequence: firstSequence(generation) },
      { type: "serve", generation, origin: "reclaimed" },
      { type: "announce-generation", generation },
      { type: "report-phase", phase: "serving", reason: "the new owner is dead" },
    ],
  };
}

/**
 * Owns the node id with no connections. A process that owned before must not fall below the `generation`
 * that made others yield to it, or two processes relay to each other.
 */
export function serveEmpty(process: Identity, generation: number, reason: string): Step {
  return {
    state: {
      ...ownAs(process),
      generation,
      range: { next: Math.max(generation, process.issued) + 1, end: GENERATION_COUNT },
    },
    outputs: [
      { type: "cancel-timer" },
      { type: "drop-copy" },
      { type: "serve", generation, origin: "empty" },
      { type: "announce-generation", generation },
      { type: "report-phase", phase: "serving", reason },
    ],
  };
}

/** Stops sending until every holder has released its copy. */
export function doubt(state: GiverState): Step {
  return {
    state: { ...state, phase: "doubtful" },
    outputs: [
      { type: "freeze" },
      ...askReleases(state.holders),
      { type: "set-timer", timer: "doubt" },
      { type: "report-phase", phase: "doubtful", reason: "slept while others held a copy" },
    ],
  };
}

export function askReleases(holders: readonly Holder[]): readonly HandoverOutput[] {
  return holders.map((holder) => {
    const of: Peer = { id: holder.id, address: holder.address };
    return { type: "ask-release", of, generation: holder.generation, attempt: holder.attempt };
  });
}
