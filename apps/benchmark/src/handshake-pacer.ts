import { createTask, type Scheduler, type Task } from "./scheduler.ts";

/** Whoever wants to make a handshake. */
export interface Applicant {
  /** It is your turn: start now, and tell {@link HandshakePacer.done} how ever it ends. */
  beginHandshake(now: number): void;
}

/**
 * Lets handshakes begin in order of application, so many at once and so many in a second: thousands
 * of clients that all begin in one instant would only measure the server's socket buffer.
 */
export class HandshakePacer {
  readonly #scheduler: Scheduler;
  readonly #atOnce: number;
  readonly #spacingMs: number;
  readonly #task: Task = createTask((now) => this.#admit(now));
  #waiting: Applicant[] = [];
  #head = 0;
  #running = 0;
  #nextAt = 0;

  /** @param rate most handshakes started in a second, undefined for no limit. */
  constructor(scheduler: Scheduler, atOnce: number, rate: number | undefined) {
    this.#scheduler = scheduler;
    this.#atOnce = atOnce;
    this.#spacingMs = rate === undefined ? 0 : 1000 / rate;
  }

  apply(applicant: Applicant, now: number): void {
    this.#waiting.push(applicant);
    this.#admit(now);
  }

  /** One handshake is over, well or not. */
  done(now: number): void {
    this.#running -= 1;
    this.#admit(now);
  }

  /** Forgets all that wait. */
  clear(): void {
    this.#waiting = [];
    this.#head = 0;
    this.#scheduler.cancel(this.#task);
  }

  #admit(now: number): void {
    while (this.#running < this.#atOnce) {
      const applicant = this.#waiting[this.#head];
      if (applicant === undefined) break;
      if (this.#spacingMs > 0 && this.#nextAt > now) {
        this.#scheduler.set(this.#task, this.#nextAt);
        return;
      }
      // Missed slots are caught up for a tenth of a second at most, so that a pause makes no burst.
      this.#nextAt = Math.max(this.#nextAt, now - 100) + this.#spacingMs;
      this.#head += 1;
      this.#running += 1;
      applicant.beginHandshake(now);
    }
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
    }
  }
}
