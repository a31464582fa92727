/**
 * A small seeded generator (sfc32). The same seed gives the same sequence on every platform.
 * It serves as the engine's `Entropy` in tests. Nothing secret may ever depend on it.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) >>> 0;
    this.#c = 0x9e3779b9;
    // Neighbouring seeds give similar first outputs otherwise.
    for (let round = 0; round < 15; round += 1) this.uint32();
  }

  /** 0 to 2^32 - 1. */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  }

  /** 0 up to but not including 1. */
  next(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** An integer from 0 up to but not including `bound`. */
  integer(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** True with the given probability; 0 and 1 are certain. */
  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  /** Fills `target` with bytes. */
  fill(target: Uint8Array): void {
    for (let index = 0; index < target.length; index += 1) target[index] = this.uint32() >>> 24;
  }
}
