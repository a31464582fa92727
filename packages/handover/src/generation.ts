/**
 * Sequence numbers in the block of one generation: 2^26. All blocks together are the lowest 2^40 of the 2^48 that a
 * DTLS epoch has, because peers made with Californium drop records from there on.
 */
export const SEQUENCES_PER_GENERATION = 67_108_864;

/** Generation of the first owner. In a ping 0 stands for a process that owns nothing. */
export const FIRST_GENERATION = 1;

/** Generations that have a block: 0 to 16,383, of which 0 is not used. */
export const GENERATION_COUNT = 16_384;

/** Generations a process may still use or hand out: `next` inclusive to `end` exclusive. */
export interface GenerationRange {
  readonly next: number;
  readonly end: number;
}

/** What a taker may write with, sent to it in the header of the stream. */
export interface Grant {
  /** The generation it serves with once the giver has acknowledged its activation. */
  readonly generation: number;
  /** All it may hand out later when it was acknowledged. */
  readonly range: GenerationRange;
  /** All it may use and hand out when it has to serve without an acknowledgement. */
  readonly spare: GenerationRange;
}

/** A range cut into parts that never overlap, whoever turns out to go on. */
export interface Division {
  readonly grant: Grant;
  /** All the giver may use if it serves on although the taker may hold a whole copy. */
  readonly rest: GenerationRange;
  /** All the giver may use if it sealed for this taker and the taker died. */
  readonly reserve: GenerationRange;
}

/** First sequence number of the block of `generation` (0 to 16,383). */
export function firstSequence(generation: number): number {
  return generation * SEQUENCES_PER_GENERATION;
}

/** Last sequence number that may be written in `generation`; the connection must stop after it. */
export function lastSequence(generation: number): number {
  return firstSequence(generation) + SEQUENCES_PER_GENERATION - 1;
}

/**
 * Cuts `range` for one attempt. The acknowledged taker and the giver that serves on share the middle, since
 * the giver decides which of the two happens. Both exceptional outcomes get a part of their own at the end
 * of the range, because there each side may be wrong about the other. Those parts are higher than
 * anything in the middle, so that the later decision also wins in the nodes tables.
 *
 * @returns undefined when fewer than four generations are left
 */
export function divide(range: GenerationRange): Division | undefined {
  const size = range.end - range.next;
  if (size < 4) return undefined;
  const spare = Math.max(1, Math.floor(size / 256));
  const reserveStart = range.end - 2 * spare;
  const spareStart = range.end - spare;
  const middle = { next: range.next + 1, end: reserveStart };
  return {
    grant: {
      generation: range.next,
      range: middle,
      spare: { next: spareStart, end: range.end },
    },
    rest: middle,
    reserve: { next: reserveStart, end: spareStart },
  };
}
