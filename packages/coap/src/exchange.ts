import type { CoapOption } from "./option.ts";
import type { CoapPeer } from "./peer.ts";

/** A request that this side sent. Tokens and message ids are chosen by the endpoint. */
export interface CoapRequest {
  /** See {@link Code}: `Code.get` to `Code.iPatch`. */
  readonly code: number;
  /** Default true. */
  readonly confirmable?: boolean;
  /** A list in any order, or the result of {@link encodeOptions}, which costs nothing per request. */
  readonly options?: readonly CoapOption[] | Uint8Array | undefined;
  readonly payload?: Uint8Array | undefined;
  /**
   * Asks to be notified of each new state (RFC 7641). The exchange stays open until it is cancelled or the server
   * ends it. Default false.
   */
  readonly observe?: boolean;
  /** Overrides ACK_TIMEOUT for this request. Milliseconds. */
  readonly ackTimeoutMs?: number;
  /** Overrides MAX_RETRANSMIT for this request. */
  readonly maxRetransmit?: number;
  /** Overrides the endpoint's `responseTimeoutMs`. */
  readonly responseTimeoutMs?: number;
}

/** An answer to a request of the peer. */
export interface CoapResponse {
  /** See {@link Code}: classes 2, 4 and 5. */
  readonly code: number;
  /** A list in any order, or the result of {@link encodeOptions}, which costs nothing per response. */
  readonly options?: readonly CoapOption[] | Uint8Array | undefined;
  readonly payload?: Uint8Array | undefined;
}

/** A request of this side that waits for its response. */
export interface ClientExchange<T> {
  readonly peer: CoapPeer<T>;
  readonly messageId: number;
  readonly confirmable: boolean;
  /** When it was sent first. */
  readonly startedAt: number;
  /** How often it was sent again. */
  readonly retransmissions: number;
  /** True until its response, failure or cancellation; while it observes, until the last notification. */
  readonly isOpen: boolean;
  /** Free for the caller. */
  attachment: unknown;
}

/** A request of the peer that waits for its answer. */
export interface ServerExchange<T> {
  readonly peer: CoapPeer<T>;
  readonly messageId: number;
  readonly confirmable: boolean;
  readonly receivedAt: number;
  /** True until it is answered, the peer is closed, or EXCHANGE_LIFETIME is over. */
  readonly isOpen: boolean;
  /** Free for the caller. */
  attachment: unknown;
}
