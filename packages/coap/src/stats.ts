/** What became of one received message; each message has exactly one outcome. */
export type ReceiveOutcome =
  /** A new request went to the sink. */
  | "request"
  /** A response ended one of the own exchanges. */
  | "response"
  /** An empty ACK, or a late one for an exchange that is over. */
  | "acknowledgement"
  /** A RST. */
  | "reset"
  /** A message id seen before: answered as the first time, or ignored. */
  | "duplicate"
  /** An empty confirmable (or non-confirmable) message, answered with RST (RFC 7252 section 4.3). */
  | "ping"
  /** A message format error: RST when confirmable, else ignored (RFC 7252 sections 4.2 and 4.3). */
  | "malformed"
  /** A critical option that is not understood, answered 4.02 (or 5.05 for proxy options). */
  | "bad-option"
  /** A response that nobody waits for: RST, nothing for an ACK. */
  | "unmatched"
  /** A limit, or no handler for requests. */
  | "refused"
  /** The peer is closed. */
  | "closed";

/** A snapshot of an endpoint's counters and gauges. Counters never decrease. */
export interface CoapStats {
  readonly peers: number;
  /** Messages received, by outcome; their sum is the number of calls of `receive`. */
  readonly received: Readonly<Record<ReceiveOutcome, number>>;
  readonly transmitted: number;
  /** Confirmable messages sent again; contained in `transmitted`. */
  readonly retransmissions: number;
  /** Client exchanges started. */
  readonly requests: number;
  /** Client exchanges that ended without a response. */
  readonly failures: number;
  /** Deduplication entries dropped before their lifetime ended, because of a limit. */
  readonly forgottenEarly: number;
  /** Bytes of deduplication memory held now. */
  readonly duplicateBytes: number;
  /** Bytes held now of bodies that come or go in blocks. */
  readonly bodyBytes: number;
}
