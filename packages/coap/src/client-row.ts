import type { Deadline } from "@dtls-cluster/deadlines";
import type { Association } from "./association.ts";
import type { ClientExchange } from "./exchange.ts";

/** The endpoint's side of a {@link ClientExchange}, and the row of its next deadline. */
export class ClientRow<T> implements ClientExchange<T>, Deadline {
  readonly isClient = true;
  readonly peer: Association<T>;
  readonly messageId: number;
  /** The 4 bytes of the token. */
  readonly token: number;
  readonly confirmable: boolean;
  readonly startedAt: number;
  readonly maxRetransmit: number;
  readonly responseTimeoutMs: number;
  retransmissions = 0;
  isOpen = true;
  attachment: unknown;
  /** What is sent again until the ACK comes; undefined from then on, and when non-confirmable. */
  message: Uint8Array | undefined = undefined;
  timeoutMs = 0;
  next: ClientRow<T> | undefined = undefined;
  dueAt = 0;
  queueIndex = -1;

  constructor(
    peer: Association<T>,
    messageId: number,
    token: number,
    confirmable: boolean,
    maxRetransmit: number,
    responseTimeoutMs: number,
    now: number,
    attachment: unknown,
  ) {
    this.peer = peer;
    this.messageId = messageId;
    this.token = token;
    this.confirmable = confirmable;
    this.maxRetransmit = maxRetransmit;
    this.responseTimeoutMs = responseTimeoutMs;
    this.startedAt = now;
    this.attachment = attachment;
  }
}
