import type { BlockwiseOptions } from "./blockwise/blockwise-options.ts";
import type { Entropy } from "./entropy.ts";
import type { TransmissionParameters } from "./transmission-parameters.ts";

/** Options of an endpoint. Durations are milliseconds. */
export interface CoapEndpointOptions {
  readonly entropy: Entropy;
  readonly parameters?: Partial<TransmissionParameters>;
  /**
   * How long a client exchange waits for its response after the empty ACK, or after sending a
   * non-confirmable request. Default MAX_TRANSMIT_WAIT (93 000).
   */
  readonly responseTimeoutMs?: number;
  /**
   * When a message id may be used again towards a peer.
   *
   * "lifetime" (default): after EXCHANGE_LIFETIME, as RFC 7252 section 4.4 demands. With the
   * default parameters one peer gets at most 65 536 messages in 247 s, about 265 a second; beyond
   * that {@link CoapEndpoint.request} refuses and {@link CoapEndpoint.requestableAt} tells when.
   *
   * "acknowledged": as soon as no exchange of this side waits on it, which with sequential ids
   * means after 65 535 others. This breaks the letter of section 4.4. Its purpose, that no late
   * copy of an old message is taken for a new one, is then served by DTLS alone: the replay window
   * refuses copies, and records that many newer ones have overtaken. What remains is a peer that
   * remembers ids for the full EXCHANGE_LIFETIME and answers the new request from its memory; such
   * an answer carries the old token and is ignored, so the request times out. Use it only over
   * DTLS, towards servers that compare tokens as this one does, for load tests.
   */
  readonly messageIdReuse?: "lifetime" | "acknowledged";
  /**
   * Critical options (RFC 7252 section 5.4.1) that the application handles besides Uri-Host,
   * Uri-Port, Uri-Path, Uri-Query and Accept. A request with any other one is answered 4.02.
   */
  readonly criticalOptions?: readonly number[];
  /** Bodies longer than a message go in blocks (RFC 7959). `false`: Block options are the application's affair. */
  readonly blockwise?: Partial<BlockwiseOptions> | false;
  readonly notifications?: Partial<NotificationOptions>;
  readonly limits?: Partial<CoapLimits>;
}

/** When a notification is confirmable, which tells whether its client is still there (RFC 7641 section 4.5). */
export interface NotificationOptions {
  /** Every n-th one, 1 to 65 536. Default 100. */
  readonly confirmEvery: number;
  /** The first one after so many milliseconds, 1 to 86 400 000 (24 h). Default 120 000. */
  readonly confirmAfterMs: number;
}

/** Bounds on what peers and callers can make an endpoint hold. */
export interface CoapLimits {
  /**
   * Messages remembered for deduplication per peer. Beyond it the oldest is forgotten before its
   * lifetime ends. A peer with n outstanding requests is safe as long as fewer than this many newer
   * requests of it arrive between a message and its last retransmission; with NSTART 1, the
   * default of RFC 7252 section 4.7, one entry would do. 1 to 4096, default 32.
   */
  readonly maxDuplicatesPerPeer: number;
  /** Bytes of remembered answers per peer, not counting the newest one. Default 4096. */
  readonly maxDuplicateBytesPerPeer: number;
  /**
   * Bytes of deduplication memory of all peers together. Beyond it the memory of the peer that
   * was idle longest (nearly: the order is refreshed once per EXCHANGE_LIFETIME) is forgotten.
   * Default 268 435 456.
   */
  readonly maxDuplicateBytes: number;
  /**
   * Requests of one peer that wait for their answer, and separate responses that wait for their
   * ACK, together. Beyond it further requests are dropped
   * ("refused"); a confirmable one comes again. Default 16.
   */
  readonly maxPendingPerPeer: number;
  /** Observations of one peer; beyond it a request is answered without one. 1 to 4096, default 16. */
  readonly maxObservationsPerPeer: number;
  /** Client exchanges per peer; beyond it {@link CoapEndpoint.request} refuses. Default 16. */
  readonly maxExchangesPerPeer: number;
  /** Longest message that is sent, in bytes, 64 to 65 507. Default 16 384. */
  readonly maxMessageLength: number;
}
