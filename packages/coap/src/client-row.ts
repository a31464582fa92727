import type { Deadline } from "@dtls-cluster/deadlines";
import type { Association } from "./association.ts";
import type { ClientTransfer } from "./blockwise/client-transfer.ts";
import type { ClientExchange, CoapRequest } from "./exchange.ts";
import type { NotificationOrder } from "./observe/notification-order.ts";

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
  /** It asked for notifications. */
  readonly observes: boolean;
  retransmissions = 0;
  /** The endpoint knows it: responses and timeouts reach it. */
  isWaiting = true;
  /** The request as the caller gave it, and the blocks that it or its response goes in. */
  request: CoapRequest | undefined = undefined;
  transfer: ClientTransfer<T> | undefined = undefined;
  attachment: unknown;
  /** What is sent again until the ACK comes; undefined from then on, and when non-confirmable. */
  message: Uint8Array | undefined = undefined;
  timeoutMs = 0;
  /** Since the response that began an observation. */
  order: NotificationOrder | undefined = undefined;
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
    observes: boolean,
    now: number,
    attachment: unknown,
  ) {
    this.peer = peer;
    this.messageId = messageId;
    this.token = token;
    this.confirmable = confirmable;
    this.maxRetransmit = maxRetransmit;
    this.responseTimeoutMs = responseTimeoutMs;
    this.observes = observes;
    this.startedAt = now;
    this.attachment = attachment;
  }

  get isOpen(): boolean {
    return this.isWaiting || this.transfer?.handle === this;
  }
}
