import type { Interval } from "../report.ts";
import { percentOf, type Tally, type Totals } from "../tally.ts";

const NOTHING: Totals = {
  requests: 0,
  responses: 0,
  retransmissions: 0,
  transmissionErrors: 0,
  answerErrors: 0,
};

/** Cuts the figures of a run into its report windows. */
export class Windows {
  readonly intervals: Interval[] = [];
  readonly #tally: Tally;
  readonly #startedAt: number;
  #before: Totals = NOTHING;
  #windowStartedAt: number;

  constructor(tally: Tally, startedAt: number) {
    this.#tally = tally;
    this.#startedAt = startedAt;
    this.#windowStartedAt = startedAt;
  }

  /**
   * Ends the window at `now`.
   * @param clients clients connected now.
   * @param ended when the load ended within this window: the last answers, which came while nothing
   *   was asked any more, then do not count for the rate.
   */
  cut(
    clients: number,
    now: number,
    ended?: { readonly at: number; readonly responses: number },
  ): Interval {
    const totals = this.#tally.totals();
    const before = this.#before;
    const loadMs = (ended?.at ?? now) - this.#windowStartedAt;
    const answered = (ended?.responses ?? totals.responses) - before.responses;
    const requests = totals.requests - before.requests;
    const retransmissions = totals.retransmissions - before.retransmissions;
    const interval: Interval = {
      endMs: Math.round(now - this.#startedAt),
      requests,
      requestsPerSecond: perSecond(answered, loadMs),
      retransmissions,
      retransmissionPercent: percentOf(retransmissions, requests),
      transmissionErrors: totals.transmissionErrors - before.transmissionErrors,
      responses: totals.responses - before.responses,
      totalRequests: totals.requests,
      clients,
    };
    this.#before = totals;
    this.#windowStartedAt = now;
    this.intervals.push(interval);
    return interval;
  }
}

export function perSecond(count: number, durationMs: number): number {
  return durationMs > 0 ? (1000 * count) / durationMs : 0;
}
