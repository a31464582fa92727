import type { TimedPart } from "@dtls-cluster/udp";

/** Gives a resource a new state in regular intervals, while somebody observes it. */
export class Notifier implements TimedPart {
  readonly #intervalMs: number;
  readonly #isObserved: () => boolean;
  readonly #notify: (now: number) => void;
  /** Time of the newest state. */
  #stateAt = 0;
  #dueAt: number | undefined;

  /** @param isObserved asked at each look for deadlines, so it must cost nothing. */
  constructor(intervalMs: number, isObserved: () => boolean, notify: (now: number) => void) {
    this.#intervalMs = intervalMs;
    this.#isObserved = isObserved;
    this.#notify = notify;
  }

  /** Monotonic milliseconds of the newest state, 0 before the first. */
  get stateAt(): number {
    return this.#stateAt;
  }

  handleTimeout(now: number): void {
    if (!this.#isObserved()) {
      this.#dueAt = undefined;
      return;
    }
    this.#dueAt ??= now + this.#intervalMs;
    if (now < this.#dueAt) return;
    this.#dueAt = now + this.#intervalMs;
    this.#stateAt = now;
    this.#notify(now);
  }

  nextTimeout(): number | undefined {
    if (!this.#isObserved()) {
      this.#dueAt = undefined;
      return undefined;
    }
    // Due at once when the first observation has come: it only sets the time of the first notification.
    return this.#dueAt ?? 0;
  }
}
