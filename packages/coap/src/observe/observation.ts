import type { Association } from "../association.ts";
import type { ServerExchange } from "../exchange.ts";
import type { CoapMessage } from "../message.ts";
import { ServerRow } from "../server-row.ts";

/** Why an observation is over (RFC 7641 sections 3.6 and 4.2). */
export type ObservationEnd =
  /** The client asked with Observe 1. */
  | "deregistered"
  /** The client registered again with the same token. */
  | "replaced"
  /** The client rejected a notification with RST. */
  | "reset"
  /** No ACK for a confirmable notification. */
  | "timeout"
  /** The last notification was an error. */
  | "error"
  /** The server ended it, or another process goes on with it. */
  | "ended"
  /** The peer was closed. */
  | "closed";

/**
 * A client that wants to know each new state of a resource (RFC 7641). Answer it as an exchange: every
 * {@link CoapEndpoint.respond} is one notification, until it is not open any more.
 */
export interface Observation<T> extends ServerExchange<T> {
  /** The request that began it, in memory of its own. */
  readonly request: CoapMessage;
}

/** True when the exchange that a handler answers is an observation, and the answer a notification. */
export function isObservation<T>(exchange: ServerExchange<T>): exchange is Observation<T> {
  return exchange instanceof ObservationRow;
}

/** A notification that waits until the one before it is acknowledged (RFC 7641 section 4.5.2). */
export interface WaitingNotification {
  readonly code: number;
  readonly options: Uint8Array;
  readonly payload: Uint8Array;
}

/** The endpoint's side of an {@link Observation}. */
export class ObservationRow<T> extends ServerRow<T> implements Observation<T> {
  readonly request: CoapMessage;
  /** 24 bits, grows with each notification (RFC 7641 section 4.4). */
  sequence: number;
  /** Message id of the last non-confirmable notification, -1 for none: a RST for it ends the observation. */
  lastMessageId = -1;
  /** Notifications since the last confirmable one, and when that was. */
  unconfirmed = 0;
  confirmedAt: number;
  /** The confirmable notification that waits for its ACK. */
  inFlight: ServerRow<T> | undefined = undefined;
  /** The newest state, while a notification is in flight. */
  waiting: WaitingNotification | undefined = undefined;

  constructor(peer: Association<T>, request: CoapMessage, sequence: number, now: number) {
    super(peer, request.messageId, request.type === 0, request.bytes, now);
    this.request = request;
    this.sequence = sequence;
    this.confirmedAt = now;
    this.isAccepted = true;
  }
}
