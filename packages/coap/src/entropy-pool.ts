import type { Entropy } from "./entropy.ts";

const SIZE = 1024;

/** Random numbers from an {@link Entropy} that is asked for many bytes at a time. */
export class EntropyPool {
  readonly #entropy: Entropy;
  readonly #bytes = new Uint8Array(SIZE);
  #next = SIZE;

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
  }

  /** 0 to 65535. */
  uint16(): number {
    if (this.#next + 2 > SIZE) this.#refill();
    const at = this.#next;
    this.#next = at + 2;
    return ((this.#bytes[at] as number) << 8) | (this.#bytes[at + 1] as number);
  }

  /** A signed integer of 32 bits. */
  int32(): number {
    return (this.uint16() << 16) | this.uint16();
  }

  #refill(): void {
    this.#entropy.fill(this.#bytes);
    this.#next = 0;
  }
}
