/**
 * The sliding window of 64 sequence numbers (RFC 6347 section 4.1.2.6). Checking and updating are apart, because
 * only an authentic record may move it.
 */
export class ReplayWindow {
  #newest: number;
  #low: number;
  #high: number;

  /**
   * @param newest the highest number received, -1 for none.
   * @param low bit i (0 to 31): `newest - i` was received.
   * @param high bit i (0 to 31): `newest - 32 - i` was received.
   */
  constructor(newest = -1, low = 0, high = 0) {
    this.#newest = newest;
    this.#low = low >>> 0;
    this.#high = high >>> 0;
  }

  /** The highest number received, -1 when there was none. */
  get newest(): number {
    return this.#newest;
  }

  /** Bit i: `newest - i` was received. Unsigned 32 bits. */
  get low(): number {
    return this.#low >>> 0;
  }

  /** Bit i: `newest - 32 - i` was received. Unsigned 32 bits. */
  get high(): number {
    return this.#high >>> 0;
  }

  /** Whether a record of this number may still be accepted: newer than all, or in the window and not yet received. */
  check(sequence: number): boolean {
    const age = this.#newest - sequence;
    if (age < 0) {
      return true;
    }
    if (age >= 64) {
      return false;
    }
    const word = age < 32 ? this.#low : this.#high;
    return ((word >>> (age & 31)) & 1) === 0;
  }

  /** Marks an authentic record's number as received; numbers below the window change nothing. */
  update(sequence: number): void {
    const age = this.#newest - sequence;
    if (age < 0) {
      this.#slide(-age);
      this.#newest = sequence;
      this.#low |= 1;
    } else if (age < 32) {
      this.#low |= 1 << age;
    } else if (age < 64) {
      this.#high |= 1 << (age - 32);
    }
  }

  // Shift counts are taken modulo 32 by the language, so the multiples of 32 have branches of their own.
  #slide(by: number): void {
    if (by < 32) {
      this.#high = (this.#high << by) | (this.#low >>> (32 - by));
      this.#low <<= by;
    } else if (by < 64) {
      this.#high = this.#low << (by - 32);
      this.#low = 0;
    } else {
      this.#high = 0;
      this.#low = 0;
    }
  }
}
