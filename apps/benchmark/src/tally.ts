import { Histogram } from "./histogram.ts";
import { Seconds } from "./seconds.ts";

/** How a request can end without an answer. Each of them is one transmission error. */
export type TransmissionErrorKind =
  /** Not acknowledged after all retransmissions, or acknowledged and then not answered in time. */
  | "no-answer"
  | "reset"
  /** The answer carried a critical option that is not understood. */
  | "rejected"
  | "connection-closed";

/** What can be wrong with an answer that arrived. */
export type AnswerErrorKind = "wrong-code" | "wrong-length";

/** Totals at one moment. Each request is in exactly one of responses, errors, unfinished, in flight. */
export interface Totals {
  readonly requests: number;
  readonly responses: number;
  readonly retransmissions: number;
  readonly transmissionErrors: number;
  readonly answerErrors: number;
}

/** One second of a run, for checks that must not average a short outage away. */
export interface Second extends Omit<Totals, "answerErrors"> {
  /** End of that second, milliseconds after the start of the load. */
  readonly endMs: number;
  readonly retransmissionPercent: number;
}

/** All figures of the load phase. Counts per second, so that any window can be looked at later. */
export class Tally {
  readonly latency: Histogram = new Histogram();
  readonly #errors = new Map<string, number>();
  readonly #requestSeconds = new Seconds();
  readonly #responseSeconds = new Seconds();
  readonly #retransmissionSeconds = new Seconds();
  readonly #errorSeconds = new Seconds();
  #startedAt = 0;
  #requests = 0;
  #responses = 0;
  #retransmissions = 0;
  #transmissionErrors = 0;
  #answerErrors = 0;

  /** Time 0 of all figures. Call once, before anything is counted. */
  start(now: number): void {
    this.#startedAt = now;
  }

  /** A request was sent for the first time. */
  request(now: number): void {
    this.#requests += 1;
    this.#requestSeconds.add(this.#secondOf(now));
  }

  /** A request was sent once more. */
  retransmission(now: number): void {
    this.#retransmissions += 1;
    this.#retransmissionSeconds.add(this.#secondOf(now));
  }

  /** @param latencyMs from the first transmission of the request to its answer. */
  response(latencyMs: number, now: number): void {
    this.#responses += 1;
    this.latency.record(latencyMs);
    this.#responseSeconds.add(this.#secondOf(now));
  }

  /** A request was given up. */
  transmissionError(kind: TransmissionErrorKind, now: number): void {
    this.#transmissionErrors += 1;
    this.#errorSeconds.add(this.#secondOf(now));
    this.#countKind(kind);
  }

  /** The answer that was just counted is not the expected one. */
  answerError(kind: AnswerErrorKind): void {
    this.#answerErrors += 1;
    this.#countKind(kind);
  }

  totals(): Totals {
    return {
      requests: this.#requests,
      responses: this.#responses,
      retransmissions: this.#retransmissions,
      transmissionErrors: this.#transmissionErrors,
      answerErrors: this.#answerErrors,
    };
  }

  /** Errors by kind; kinds that did not happen are absent. */
  errors(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#errors].sort());
  }

  /**
   * The second with the highest share of retransmissions; the earliest of equals.
   * @param loadMs only seconds that the load filled count: while the last answers are waited for nothing
   *   new is sent, and one repetition would be all there is.
   */
  worstSecond(loadMs: number): Second | undefined {
    let worst: Second | undefined;
    const last = Math.min(this.#length, Math.max(1, Math.floor(loadMs / 1000)));
    for (let second = 0; second < last; second += 1) {
      const candidate = this.#second(second);
      if (worst === undefined || candidate.retransmissionPercent > worst.retransmissionPercent) {
        worst = candidate;
      }
    }
    return worst;
  }

  /** Every second from the start on, in order. */
  seconds(): Second[] {
    return Array.from({ length: this.#length }, (_, second) => this.#second(second));
  }

  get #length(): number {
    return Math.max(
      this.#requestSeconds.length,
      this.#responseSeconds.length,
      this.#retransmissionSeconds.length,
      this.#errorSeconds.length,
    );
  }

  #second(second: number): Second {
    const requests = this.#requestSeconds.at(second);
    const retransmissions = this.#retransmissionSeconds.at(second);
    return {
      endMs: (second + 1) * 1000,
      requests,
      responses: this.#responseSeconds.at(second),
      retransmissions,
      retransmissionPercent: percentOf(retransmissions, requests),
      transmissionErrors: this.#errorSeconds.at(second),
    };
  }

  #secondOf(now: number): number {
    return now <= this.#startedAt ? 0 : Math.floor((now - this.#startedAt) / 1000);
  }

  #countKind(kind: string): void {
    this.#errors.set(kind, (this.#errors.get(kind) ?? 0) + 1);
  }
}

/**
 * `part` in percent of `whole`. With nothing to compare to, one event already is 100 percent: a
 * window in which requests were only repeated must not look quiet.
 */
export function percentOf(part: number, whole: number): number {
  if (part === 0) return 0;
  return whole === 0 ? 100 : (100 * part) / whole;
}
