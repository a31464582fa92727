/**
 * How many handshakes may begin: a bucket that holds those of one second. Who is refused costs a parse and a MAC, and
 * repeats its hello with the same cookie a second later.
 */
export class HelloRate {
  readonly #perSecond: number | undefined;
  #left: number;
  #at = 0;

  /** @param perSecond undefined for no limit. */
  constructor(perSecond: number | undefined) {
    this.#perSecond = perSecond;
    this.#left = perSecond ?? 0;
  }

  /** Whether one more may begin now; it counts if so. */
  take(now: number): boolean {
    const perSecond = this.#perSecond;
    if (perSecond === undefined) return true;
    const elapsed = Math.max(0, now - this.#at);
    this.#left = Math.min(perSecond, this.#left + (elapsed * perSecond) / 1000);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
