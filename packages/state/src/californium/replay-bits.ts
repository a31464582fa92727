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
const ALL = (1n << 64n) - 1n;

/**
 * Turns a window around. Records below the lower boundary were never to be accepted again, so they count as received.
 */
export function windowFromNewest({ lower, bits }: WindowFromLower): WindowFromNewest {
  const used = bits === 0n ? 0 : bits.toString(2).length;
  const newest = lower + used - 1;
  let turned = reverse(bits) >> BigInt(SIZE - used);
  const known = Math.min(SIZE, newest + 1);
  if (known > used) turned |= ones(known) & ~ones(used);
  return { newest, words: [Number(turned & 0xffff_ffffn), Number(turned >> 32n)] };
}

/** The highest record is in the window's last place, or the window begins with record 0. */
export function windowFromLower({ newest, words }: WindowFromNewest): WindowFromLower {
  const lower = Math.max(0, newest - SIZE + 1);
  const used = newest - lower + 1;
  const turned = (BigInt(words[1] >>> 0) << 32n) | BigInt(words[0] >>> 0);
  return { lower, bits: (reverse(turned) >> BigInt(SIZE - used)) & ALL };
}

function ones(count: number): bigint {
  return (1n << BigInt(count)) - 1n;
}

/** The 64 bits in the opposite order. */
function reverse(bits: bigint): bigint {
  let result = 0n;
  for (let i = 0n; i < 64n; i += 1n) if (((bits >> i) & 1n) === 1n) result |= 1n << (63n - i);
  return result;
}
