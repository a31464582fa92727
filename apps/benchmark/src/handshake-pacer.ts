import { createTask, type Scheduler, type Task } from "./scheduler.ts";

/** Whoever wants to make a handshake. */
export interface Applicant {
  /** It is your turn: start now, and tell {@link HandshakePacer.done} how ever it ends. */
  beginHandshake(now: number): void;
}

/** A handshake that takes longer is likely to fail, and does not hold the others up any more. */
const PATIENCE_MS = 3000;
/** Missed slots are caught up for this time at most, so that a pause makes no burst. */
const CATCH_UP_MS = 100;

/**
 * Lets handshakes begin in order of application, so many at once and so many in a second: thousands
 * of clients that all begin in one instant would only measure the server's socket buffer.
 */
export class HandshakePacer {
  readonly #scheduler: Scheduler;
  readonly #atOnce: number;
  readonly #spacingMs: number;
  readonly #task: Task = createTask((now) => this.#admit(now));
  /** Handshakes in progress and when they began, the oldest first. */
  readonly #running = new Map<Applicant, number>();
  #waiting: Applicant[] = [];
  #head = 0;
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

  /** The handshake of `applicant` is over, well or not. */
  done(applicant: Applicant, now: number): void {
    this.#running.delete(applicant);
    this.#admit(now);
  }

  /** Forgets all that wait. */
  clear(): void {
    this.#waiting = [];
    this.#head = 0;
    this.#scheduler.cancel(this.#task);
  }

  #admit(now: number): void {
    for (;;) {
      const applicant = this.#waiting[this.#head];
      if (applicant === undefined) break;
      const admissibleAt = this.#admissibleAt(now);
      if (admissibleAt > now) {
        this.#scheduler.set(this.#task, admissibleAt);
        return;
      }
      this.#nextAt = Math.max(this.#nextAt, now - CATCH_UP_MS) + this.#spacingMs;
      this.#head += 1;
      this.#running.set(applicant, now);
      applicant.beginHandshake(now);
    }
    this.#waiting = [];
    this.#head = 0;
  }

  #admissibleAt(now: number): number {
    const paced = this.#spacingMs === 0 ? now : this.#nextAt;
    if (this.#running.size < this.#atOnce) return paced;
    for (const [oldest, beganAt] of this.#running) {
      if (beganAt + PATIENCE_MS > now) return Math.max(paced, beganAt + PATIENCE_MS);
      this.#running.delete(oldest);
      break;
    }
    return paced;
  }
}
