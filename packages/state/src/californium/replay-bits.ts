/** A window as `ConnectionState` has it: bit i of the 64 (low word, high word) is record `newest - i`. */
export interface WindowFromNewest {
  readonly newest: number;
  readonly words: readonly [low: number, high: number];
}

/** A window as Californium has it: bit i is record `lower + i`. */
export interface WindowFromLower {
  readonly lower: number;
  readonly bits: bigint;
}

const SIZE = 64;
const WORD = 0xffff_ffffn;

/**
 * Turns a window around. Records below the lower boundary were never to be accepted again, so they count as received.
 */
export function windowFromNewest({ lower, bits }: WindowFromLower): WindowFromNewest {
  const used = bitLength(bits);
  const newest = lower + used - 1;
  let turned = reverse(bits) >> BigInt(SIZE - used);
  const known = Math.min(SIZE, newest + 1);
  if (known > used) turned |= ones(known) & ~ones(used);
  return { newest, words: [Number(turned & WORD), Number(turned >> 32n)] };
}

/** The highest record is in the window's last place, or the window begins with record 0. */
export function windowFromLower({ newest, words }: WindowFromNewest): WindowFromLower {
  const lower = Math.max(0, newest - SIZE + 1);
  const used = newest - lower + 1;
  const turned = (BigInt(words[1] >>> 0) << 32n) | BigInt(words[0] >>> 0);
  return { lower, bits: reverse(turned) >> BigInt(SIZE - used) };
}

/** Number of bits up to the highest one that is set, of 64. */
export function bitLength(bits: bigint): number {
  const high = Number(bits >> 32n);
  return high === 0 ? 32 - Math.clz32(Number(bits & WORD)) : SIZE - Math.clz32(high);
}

function ones(count: number): bigint {
  return (1n << BigInt(count)) - 1n;
}

/** The 64 bits in the opposite order. */
function reverse(bits: bigint): bigint {
  const low = reverseWord(Number(bits & WORD));
  return (BigInt(low) << 32n) | BigInt(reverseWord(Number(bits >> 32n)));
}

function reverseWord(word: number): number {
  let turned = 0;
  for (let i = 0; i < 32; i += 1) turned |= ((word >>> i) & 1) << (31 - i);
  return turned >>> 0;
}
