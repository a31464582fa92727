import type { DurationSummary } from "./histogram.ts";
import type { Second } from "./tally.ts";

/** One window of the load, as one line of the output tells it. Counts are those of the window. */
export interface Interval {
  /** End of the window, milliseconds after the start of the load. */
  readonly endMs: number;
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly retransmissions: number;
  /** Retransmissions in percent of the first transmissions of this window. */
  readonly retransmissionPercent: number;
  readonly transmissionErrors: number;
  readonly responses: number;
  /** Requests since the start of the load. */
  readonly totalRequests: number;
  /** Clients that were connected at the end of the window. */
  readonly clients: number;
}

/**
 * All figures of a run. A request counts once, however often it was sent, and
 * `requests = responses + transmissionErrors + unfinished` holds.
 */
export interface Report {
  readonly requests: number;
  readonly responses: number;
  readonly retransmissions: number;
  readonly transmissionErrors: number;
  /** Completed handshakes; of each client's first one and of all that became necessary later. */
  readonly handshakes: number;
  readonly failedHandshakes: number;
  readonly clients: number;
  /** Length of the load, without connecting and without waiting for the last answers. */
  readonly durationMs: number;
  /** Answers per second of the load. */
  readonly requestsPerSecond: number;
  /** From the first transmission of a request to its answer. */
  readonly latencyMs: DurationSummary;
  readonly intervals: readonly Interval[];

  readonly retransmissionPercent: number;
  /** Answers with another code or length than expected; they count as responses, too. */
  readonly answerErrors: number;
  /** Requests that were in flight when the run ended. */
  readonly unfinished: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly handshakeFailures: Readonly<Record<string, number>>;
  readonly handshakeMs: DurationSummary;
  /** From the first handshake until each client had connected or failed once. */
  readonly connectMs: number;
  /** Handshakes completed after the load began: each is a client that had to start anew. */
  readonly handshakesUnderLoad: number;
  /** The second with the highest share of retransmissions. */
  readonly worstSecond: Second | undefined;
  /** All seconds, the wait for the last answers included; undefined for runs above an hour. */
  readonly seconds: readonly Second[] | undefined;
  /** Problems that the network reported, by system error code. They alone are no failure. */
  readonly networkProblems: Readonly<Record<string, number>>;
  /** CPU time of this process per answer under load, in microseconds. */
  readonly cpuMicrosPerRequest: number;
  /** Why the run counts as failed, one sentence each; empty when all went well. */
  readonly problems: readonly string[];
}
