import type { ClientExchange, CoapRequest, CoapResponse, ServerExchange } from "./exchange.ts";
import type { CoapMessage } from "./message.ts";
import type { Observation } from "./observe/observation.ts";
import type { CoapPeer } from "./peer.ts";
import type { CoapPeerState } from "./peer-state.ts";
import type { CoapStats, ReceiveOutcome } from "./stats.ts";

/**
 * The message and the request/response layer of RFC 7252, for a client, a server or both, without
 * a network, a clock or randomness of its own. `T` is the owner's transport object of a peer.
 *
 * `now` is milliseconds on a monotonic clock. Methods never throw because of what a peer sent.
 */
export interface CoapEndpoint<T> {
  /** A new peer. Keep it where the transport is found: it is never looked up by address. */
  openPeer(transport: T): CoapPeer<T>;
  /** Ends everything that waits on the peer: own exchanges fail with "closed". */
  closePeer(peer: CoapPeer<T>, now: number): void;

  /** Takes one message of the peer. Keeps no view of `message`. */
  receive(peer: CoapPeer<T>, message: Uint8Array, now: number): ReceiveOutcome;

  /**
   * Sends a request. NSTART is the caller's affair.
   * @returns undefined when a limit forbids it now (message ids, exchanges of the peer, closed):
   *   {@link requestableAt} tells from when on it may work; nothing was sent.
   * @throws CoapUsageError when the message is longer than the limit, or an option is wrong.
   */
  request(
    peer: CoapPeer<T>,
    request: CoapRequest,
    now: number,
    attachment?: unknown,
  ): ClientExchange<T> | undefined;
  /**
   * The earliest time at which {@link request} may succeed: `now` when at once, Infinity when that
   * depends on the end of another exchange (or the peer is closed).
   */
  requestableAt(peer: CoapPeer<T>, now: number): number;
  /** Forgets a client exchange: nothing is told of it any more, a late response is rejected. */
  cancel(exchange: ClientExchange<T>): void;

  /**
   * Answers a request: within the ACK (piggybacked) unless it was accepted before, then as a
   * confirmable message of its own; a non-confirmable request gets a non-confirmable response.
   * @returns false when the exchange is not open any more, or no message id is left: nothing was sent.
   * @throws CoapUsageError when the message is longer than the limit, or an option is wrong.
   */
  respond(exchange: ServerExchange<T>, response: CoapResponse, now: number): boolean;
  /**
   * Sends the empty ACK so that the peer stops repeating while the answer takes longer (RFC 7252
   * section 5.2.2). Harmless for non-confirmable, answered and accepted requests.
   */
  accept(exchange: ServerExchange<T>, now: number): void;
  /**
   * Does what the Observe option of a request asks for (RFC 7641). With Observe 0 the client is notified from now
   * on: answer the request as usual, its first response then carries the option, and give each new state to
   * {@link respond} with the observation in place of the exchange. A new state replaces one that waits for an ACK.
   * A response that is no success ends the observation. With Observe 1 an observation of the client ends.
   * @returns undefined when the client shall not be notified; answer the request all the same.
   */
  observe(
    exchange: ServerExchange<T>,
    request: CoapMessage,
    now: number,
  ): Observation<T> | undefined;
  /** Forgets an observation without telling the client. */
  endObservation(observation: Observation<T>, now: number): void;
  /** Rejects a request with RST (RFC 7252 section 4.2). */
  reject(exchange: ServerExchange<T>, now: number): void;

  /** Fires every deadline at or before `now`. Calling early is harmless. */
  handleTimeout(now: number): void;
  /** When {@link handleTimeout} wants to be called, undefined for never. */
  nextTimeout(): number | undefined;

  /**
   * A copy of what another process needs to go on with the peer's exchanges; this side goes on
   * until the peer is closed. Own client exchanges are not part of it.
   * @param since a `mark` of an earlier export: only duplicates that came later are told.
   */
  exportPeer(peer: CoapPeer<T>, now: number, since?: number): CoapPeerState;
  /**
   * Takes over what another process exported, on top of what the peer has. May be called again
   * with later exports. Separate responses that are unacknowledged are sent again at once.
   */
  importPeer(peer: CoapPeer<T>, state: CoapPeerState, now: number): void;

  stats(): CoapStats;
}
