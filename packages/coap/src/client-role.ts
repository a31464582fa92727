import type { Association } from "./association.ts";
import type { ClientTransfer } from "./blockwise/client-transfer.ts";
import { ClientRow } from "./client-row.ts";
import { isSuccess } from "./code.ts";
import { editOptions } from "./edit-options.ts";
import { messageLength, wireOptions, writeBody, writeHeader } from "./encode-message.ts";
import type { EndpointCore } from "./endpoint-core.ts";
import { CoapUsageError } from "./errors.ts";
import type { CoapRequest } from "./exchange.ts";
import { CoapMessage } from "./message.ts";
import { messageIdAvailableAt } from "./message-ids.ts";
import { MessageType } from "./message-type.ts";
import { NotificationOrder } from "./observe/notification-order.ts";
import { OptionNumber } from "./option.ts";
import type { FailureReason } from "./sink.ts";
import type { ReceiveOutcome } from "./stats.ts";

const NOTHING: Uint8Array = new Uint8Array(0);
const TOKEN_LENGTH = 4;
const OBSERVE = [OptionNumber.observe];

/** Own requests: each ends with one response, one failure or a cancellation. */
export class ClientRole<T> {
  requests = 0;
  failures = 0;
  readonly #core: EndpointCore<T>;

  constructor(core: EndpointCore<T>) {
    this.#core = core;
  }

  request(
    peer: Association<T>,
    request: CoapRequest,
    now: number,
    attachment: unknown,
    transfer: ClientTransfer<T> | undefined,
  ): ClientRow<T> | undefined {
    const core = this.#core;
    const { code, confirmable = true, observe = false } = request;
    if (!(Number.isInteger(code) && code >= 1 && code <= 31)) {
      throw new CoapUsageError(`request code ${code} is not 1 to 31`);
    }
    const maxRetransmit = request.maxRetransmit ?? core.parameters.maxRetransmit;
    const ackTimeoutMs = request.ackTimeoutMs ?? core.parameters.ackTimeoutMs;
    const responseTimeoutMs = request.responseTimeoutMs ?? core.responseTimeoutMs;
    if (!(ackTimeoutMs > 0 && responseTimeoutMs > 0 && maxRetransmit >= 0 && maxRetransmit <= 20)) {
      throw new CoapUsageError("timeouts must be above 0 and maxRetransmit 0 to 20");
    }
    const options = observe
      ? editOptions(request.options, OBSERVE, [{ number: OptionNumber.observe, value: 0 }])
      : wireOptions(request.options);
    const payload = request.payload ?? NOTHING;
    const length = messageLength(TOKEN_LENGTH, options, payload);
    core.checkLength(length);
    if (peer.isClosed || peer.exchangeCount >= core.limits.maxExchangesPerPeer) return undefined;
    const messageId = core.takeMessageId(peer, now);
    if (messageId < 0) return undefined;

    const token = this.#freshToken(peer);
    const row = new ClientRow<T>(
      peer,
      messageId,
      token,
      confirmable,
      maxRetransmit,
      responseTimeoutMs,
      observe,
      now,
      attachment,
    );
    const message = confirmable ? core.pool.allocate(length) : core.scratch(length);
    const type = confirmable ? MessageType.confirmable : MessageType.nonConfirmable;
    writeHeader(message, type, TOKEN_LENGTH, code, messageId);
    message[4] = token >> 24;
    message[5] = token >> 16;
    message[6] = token >> 8;
    message[7] = token;
    writeBody(message, 4 + TOKEN_LENGTH, options, payload);
    row.next = peer.exchanges;
    peer.exchanges = row;
    peer.exchangeCount += 1;
    this.requests += 1;
    row.timeoutMs = confirmable ? core.firstTimeout(ackTimeoutMs) : responseTimeoutMs;
    if (confirmable) row.message = message;
    row.request = request;
    transfer?.follow(row);
    core.timers.set(row, now + row.timeoutMs);
    core.transmit(peer, message);
    return row;
  }

  requestableAt(peer: Association<T>, now: number): number {
    if (peer.isClosed || peer.exchangeCount >= this.#core.limits.maxExchangesPerPeer) {
      return Number.POSITIVE_INFINITY;
    }
    return messageIdAvailableAt(peer, now, this.#core.messageIdLifetimeMs);
  }

  /** A message with a response code. Duplicates were sorted out before. */
  receive(
    peer: Association<T>,
    bytes: Uint8Array,
    optionsEnd: number,
    badOption: number,
    now: number,
  ): ReceiveOutcome {
    const core = this.#core;
    const type = ((bytes[0] as number) >> 4) & 3;
    const messageId = ((bytes[2] as number) << 8) | (bytes[3] as number);
    const isAck = type === MessageType.acknowledgement;
    const row = this.#waitingFor(peer, bytes);
    if (row === undefined || (isAck && row.messageId !== messageId)) {
      if (!isAck) core.transmitReset(peer, bytes);
      return "unmatched";
    }
    if (badOption !== 0) {
      if (type === MessageType.nonConfirmable) return "bad-option";
      if (!isAck) core.transmitReset(peer, bytes);
      this.fail(row, "rejected", now);
      return "bad-option";
    }
    if (!isAck) {
      const isConfirmable = type === MessageType.confirmable;
      const tokenEnd = 4 + TOKEN_LENGTH;
      core.remember(peer, messageId, isConfirmable ? 1 : 3, bytes, tokenEnd, now, now);
      if (isConfirmable) core.transmitEmpty(peer, MessageType.acknowledgement, messageId);
    }
    this.#deliver(row, new CoapMessage(bytes, optionsEnd), now);
    return "response";
  }

  #deliver(row: ClientRow<T>, response: CoapMessage, now: number): void {
    const { sink, timers } = this.#core;
    const { order } = row;
    const sequence =
      row.observes && isSuccess(response.code)
        ? response.uintOption(OptionNumber.observe)
        : undefined;
    if (sequence === undefined) this.#close(row);
    if (order !== undefined) {
      if (sequence === undefined || order.accept(sequence, now)) {
        sink.notification?.(row, response, now);
      }
      return;
    }
    if (sequence !== undefined) {
      row.order = new NotificationOrder(sequence, now);
      row.message = undefined;
      timers.cancel(row);
    }
    sink.response?.(row, response, now);
  }

  /** An empty ACK: the response comes later. False when no request waits for it. */
  acknowledge(peer: Association<T>, messageId: number, now: number): boolean {
    const row = this.#withMessageId(peer, messageId);
    if (row === undefined || row.message === undefined) return false;
    row.message = undefined;
    this.#core.timers.set(row, now + row.responseTimeoutMs);
    return true;
  }

  /** A RST. False when no request has that message id. */
  reset(peer: Association<T>, messageId: number, now: number): boolean {
    const row = this.#withMessageId(peer, messageId);
    if (row === undefined) return false;
    this.fail(row, "reset", now);
    return true;
  }

  cancel(row: ClientRow<T>): void {
    if (row.isWaiting) this.#close(row);
  }

  fail(row: ClientRow<T>, reason: FailureReason, now: number): void {
    if (!row.isWaiting) return;
    this.#close(row);
    this.failures += 1;
    this.#core.sink.failed?.(row, reason, now);
  }

  closePeer(peer: Association<T>, now: number): void {
    while (peer.exchanges !== undefined) this.fail(peer.exchanges, "closed", now);
  }

  #waitingFor(peer: Association<T>, bytes: Uint8Array): ClientRow<T> | undefined {
    if (((bytes[0] as number) & 15) !== TOKEN_LENGTH) return undefined;
    const token =
      ((bytes[4] as number) << 24) |
      ((bytes[5] as number) << 16) |
      ((bytes[6] as number) << 8) |
      (bytes[7] as number);
    let row = peer.exchanges;
    while (row !== undefined && row.token !== token) row = row.next;
    return row;
  }

  #withMessageId(peer: Association<T>, messageId: number): ClientRow<T> | undefined {
    let row = peer.exchanges;
    while (row !== undefined && row.messageId !== messageId) row = row.next;
    return row;
  }

  #freshToken(peer: Association<T>): number {
    for (;;) {
      const token = this.#core.entropy.int32();
      let row = peer.exchanges;
      while (row !== undefined && row.token !== token) row = row.next;
      if (row === undefined) return token;
    }
  }

  #close(row: ClientRow<T>): void {
    const peer = row.peer;
    row.isWaiting = false;
    row.message = undefined;
    this.#core.timers.cancel(row);
    peer.exchangeCount -= 1;
    if (peer.exchanges === row) peer.exchanges = row.next;
    else {
      let before = peer.exchanges;
      while (before !== undefined && before.next !== row) before = before.next;
      if (before !== undefined) before.next = row.next;
    }
    row.next = undefined;
  }
}
