import { type Deadline, DeadlineQueue } from "@dtls-cluster/deadlines";

/** Something the clock will call; {@link VirtualClock.cancel} takes it back. */
export interface Wakeup {
  run: (() => void) | undefined;
}

/** All wake-ups of one instant, so that equal times keep the order in which they were asked for. */
interface Instant extends Deadline {
  readonly wakeups: Wakeup[];
}

/** Time that passes only when told to. Milliseconds, monotonic. */
export class VirtualClock {
  #now: number;
  readonly #queue = new DeadlineQueue<Instant>();
  readonly #instants = new Map<number, Instant>();

  /** @param start a time other than 0 by default, so that a forgotten `now` shows. */
  constructor(start = 1000) {
    this.#now = start;
  }

  get now(): number {
    return this.#now;
  }

  /** When the next wake-up is due, undefined for never. */
  get next(): number | undefined {
    return this.#queue.next;
  }

  /** Calls `run` at `time`; a time in the past means as soon as the clock runs again. */
  at(time: number, run: () => void): Wakeup {
    const dueAt = Math.max(time, this.#now);
    let instant = this.#instants.get(dueAt);
    if (instant === undefined) {
      instant = { dueAt, queueIndex: -1, wakeups: [] };
      this.#instants.set(dueAt, instant);
      this.#queue.set(instant, dueAt);
    }
    const wakeup: Wakeup = { run };
    instant.wakeups.push(wakeup);
    return wakeup;
  }

  after(delayMs: number, run: () => void): Wakeup {
    return this.at(this.#now + delayMs, run);
  }

  cancel(wakeup: Wakeup): void {
    wakeup.run = undefined;
  }

  /** Jumps to `time` and runs the wake-ups on the way, each at its own time. Never goes back. */
  advanceTo(time: number): void {
    for (;;) {
      const instant = this.#queue.takeDue(time);
      if (instant === undefined) break;
      this.#instants.delete(instant.dueAt);
      this.#now = Math.max(this.#now, instant.dueAt);
      for (const wakeup of instant.wakeups) wakeup.run?.();
    }
    this.#now = Math.max(this.#now, time);
  }
}
