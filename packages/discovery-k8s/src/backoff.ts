export interface BackoffOptions {
  /** The first pause is at most this. Default 500. */
  readonly firstMs: number;
  /** Default 10 000. */
  readonly maxMs: number;
}

/** Pauses that double, each drawn from its upper half, so that many nodes do not come back at once. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: () => number;
  #failures = 0;

  /** @param random from 0 to below 1 */
  constructor(options: Partial<BackoffOptions> = {}, random: () => number = Math.random) {
    this.#options = { firstMs: 500, maxMs: 10_000, ...options };
    this.#random = random;
  }

  reset(): void {
    this.#failures = 0;
  }

  /** @param atLeastMs what the API asked for: waited for in full, and a little more */
  next(atLeastMs = 0): number {
    const { firstMs, maxMs } = this.#options;
    const limit = Math.min(maxMs, firstMs * 2 ** Math.min(this.#failures, 20));
    this.#failures += 1;
    const jittered = limit / 2 + (this.#random() * limit) / 2;
    return atLeastMs > 0 ? atLeastMs + jittered : jittered;
  }
}
