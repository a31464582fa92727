const WINDOW_MS = 10_000;

/** Bounds how many log lines others can cause: so many in ten seconds, the rest is counted. */
export class LineBudget {
  readonly #lines: number;
  #windowStart = Number.NEGATIVE_INFINITY;
  #used = 0;
  #leftOut = 0;

  constructor(lines: number) {
    this.#lines = lines;
  }

  /** Whether one more line may be written now. */
  take(now: number): boolean {
    if (now - this.#windowStart >= WINDOW_MS) {
      this.#windowStart = now;
      this.#used = 0;
    }
    if (this.#used < this.#lines) {
      this.#used += 1;
      return true;
    }
    this.#leftOut += 1;
    return false;
  }

  /** Lines that were left out since this was asked last. */
  takeLeftOut(): number {
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    return leftOut;
  }
}
