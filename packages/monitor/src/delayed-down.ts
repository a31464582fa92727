/**
 * A signal that goes down only some time after its cause: whoever routes by it goes on for that
 * long, until something else is ready to take over. It goes up at once.
 *
 *   down --up--> up --not up--> shutdown until t --t reached--> down
 *                 ^----------------- up --------------'
 */
export class DelayedDown {
  readonly #delayMs: number;
  #isUp: boolean;
  #downAt: number | undefined;

  constructor(delayMs: number, isUp: boolean) {
    this.#delayMs = delayMs;
    this.#isUp = isUp;
  }

  /** Takes the cause as it is at `now`, in monotonic milliseconds, and returns the signal. */
  update(cause: boolean, now: number): boolean {
    if (cause) {
      this.#isUp = true;
      this.#downAt = undefined;
    } else if (this.#isUp) {
      this.#downAt ??= now + this.#delayMs;
      if (now >= this.#downAt) this.#isUp = false;
    }
    return this.#isUp;
  }

  /** Goes down without any delay. */
  drop(): void {
    this.#isUp = false;
  }
}
