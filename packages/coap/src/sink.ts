import type { ClientExchange, ServerExchange } from "./exchange.ts";
import type { CoapMessage } from "./message.ts";
import type { CoapPeer } from "./peer.ts";

/** Why a client exchange ended without a response. */
export type FailureReason =
  /** No acknowledgement after the last retransmission, or no response in time. */
  | "timeout"
  /** The peer answered with RST. */
  | "reset"
  /** The response carried a critical option that is not understood (RFC 7252 section 5.4.1). */
  | "rejected"
  /** The peer was closed. */
  | "closed";

/**
 * Receives everything that an endpoint puts out, synchronously, from within the endpoint's methods.
 * A sink may call the endpoint again. What a sink throws passes through the endpoint to its caller.
 */
export interface CoapSink<T> {
  /** A message to send. `message` is valid only during the call. */
  transmit(peer: CoapPeer<T>, message: Uint8Array): void;
  /**
   * A request to execute, exactly once. Answer with {@link CoapEndpoint.respond}, at once or later;
   * `request` is valid only during the call. Without this method requests are rejected with RST.
   */
  request?(exchange: ServerExchange<T>, request: CoapMessage, now: number): void;
  /** The response of a client exchange, which is over then. `response` is valid only during the call. */
  response?(exchange: ClientExchange<T>, response: CoapMessage, now: number): void;
  /** A client exchange is over without a response. */
  failed?(exchange: ClientExchange<T>, reason: FailureReason, now: number): void;
  /** A confirmable request was transmitted again. */
  retransmitted?(exchange: ClientExchange<T>, now: number): void;
}
