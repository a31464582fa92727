import type { ClientExchange, ServerExchange } from "./exchange.ts";
import type { CoapMessage } from "./message.ts";
import type { Observation, ObservationEnd } from "./observe/observation.ts";
import type { CoapPeer } from "./peer.ts";

/** Why a client exchange ended without a response. */
export type FailureReason =
  /** No acknowledgement after the last retransmission, or no response in time. */
  | "timeout"
  /** The peer answered with RST. */
  | "reset"
  /** The response carried a critical option that is not understood (RFC 7252 section 5.4.1). */
  | "rejected"
  /** The response has more bytes than `maxBodyLength`. */
  | "body-too-large"
  /** The blocks of the response do not fit together, or the resource changed too often meanwhile. */
  | "body-inconsistent"
  /** A limit of this side forbade to ask for the next block. */
  | "refused"
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
   * Longest message that the peer's transport takes now, in bytes: longer bodies go in blocks. Default: no limit but
   * the block size and `maxMessageLength`.
   */
  messageLimit?(peer: CoapPeer<T>): number;
  /**
   * A request to execute, exactly once. Answer with {@link CoapEndpoint.respond}, at once or later;
   * `request` is valid only during the call. Without this method requests are rejected with RST.
   */
  request?(exchange: ServerExchange<T>, request: CoapMessage, now: number): void;
  /**
   * The response of a client exchange, which is over then, unless `exchange.isOpen`: it observes, and
   * {@link notification} follows. `response` is valid only during the call.
   */
  response?(exchange: ClientExchange<T>, response: CoapMessage, now: number): void;
  /** A new state of what a client exchange observes; the last one when the exchange is not open any more. */
  notification?(exchange: ClientExchange<T>, response: CoapMessage, now: number): void;
  /** An observation of a peer that another process began goes on here. */
  observed?(observation: Observation<T>, now: number): void;
  /** An observation of a peer is over. */
  observationEnded?(observation: Observation<T>, reason: ObservationEnd, now: number): void;
  /** A client exchange is over without a response. */
  failed?(exchange: ClientExchange<T>, reason: FailureReason, now: number): void;
  /** A confirmable request was transmitted again. */
  retransmitted?(exchange: ClientExchange<T>, now: number): void;
}
