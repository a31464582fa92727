import type { Random } from "@dtls-cluster/testkit";

/** Lengths and numbers at which parsers go wrong. */
const INTERESTING = [0, 1, 2, 3, 7, 8, 12, 13, 15, 16, 25, 31, 32, 63, 64, 127, 128, 253, 254, 255];
const MAX_LENGTH = 8192;

type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => edited(bytes, random, (value) => value ^ (1 << random.integer(8))),
  (bytes, random) => edited(bytes, random, () => random.integer(256)),
  (bytes, random) =>
    edited(bytes, random, () => INTERESTING[random.integer(INTERESTING.length)] as number),
  (bytes, random) => edited(bytes, random, (value) => value + random.integer(9) - 4),
  // A length or number of two bytes.
  (bytes, random) => {
    const copy = Uint8Array.from(bytes);
    const at = random.integer(bytes.length);
    const value = random.chance(0.5) ? 0xffff >> random.integer(16) : bytes.length - at;
    copy[at] = value >> 8;
    if (at + 1 < copy.length) copy[at + 1] = value;
    return copy;
  },
  (bytes, random) => bytes.slice(0, random.integer(bytes.length + 1)),
  (bytes, random) => without(bytes, random),
  (bytes, random) => {
    const [start, end] = range(bytes, random);
    return spliced(bytes, random.integer(bytes.length + 1), bytes.subarray(start, end));
  },
  (bytes, random) => {
    const added = new Uint8Array(1 + random.integer(16));
    random.fill(added);
    return spliced(bytes, random.integer(bytes.length + 1), added);
  },
  (bytes, random, other) => {
    const [start, end] = range(other, random);
    return spliced(bytes, random.integer(bytes.length + 1), other.subarray(start, end));
  },
  (bytes, random, other) => {
    const copy = Uint8Array.from(bytes);
    const [start, end] = range(other, random);
    const at = random.integer(bytes.length);
    copy.set(other.subarray(start, Math.min(end, start + copy.length - at)), at);
    return copy;
  },
];

/** A changed copy of `bytes`: one to eight mutations, sometimes with parts of `other`. */
export function mutate(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let mutated = bytes;
  const rounds = 1 << random.integer(4);
  for (let round = 0; round < rounds; round += 1) {
    if (mutated.length === 0) mutated = Uint8Array.of(random.integer(256));
    const mutation = MUTATIONS[random.integer(MUTATIONS.length)] as Mutation;
    mutated = mutation(mutated, random, other.length === 0 ? mutated : other);
  }
  return mutated.subarray(0, MAX_LENGTH);
}

function edited(bytes: Uint8Array, random: Random, edit: (value: number) => number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = random.integer(copy.length);
  copy[at] = edit(copy[at] as number);
  return copy;
}

function range(bytes: Uint8Array, random: Random): readonly [start: number, end: number] {
  const start = random.integer(bytes.length);
  return [start, start + 1 + random.integer(Math.min(64, bytes.length - start))];
}

function without(bytes: Uint8Array, random: Random): Uint8Array {
  const [start, end] = range(bytes, random);
  return Uint8Array.of(...bytes.subarray(0, start), ...bytes.subarray(end));
}

function spliced(bytes: Uint8Array, at: number, added: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length + added.length);
  result.set(bytes.subarray(0, at));
  result.set(added, at);
  result.set(bytes.subarray(at), at + added.length);
  return result;
}
