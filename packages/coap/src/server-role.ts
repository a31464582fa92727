import type { Association } from "./association.ts";
import { Code } from "./code.ts";
import { messageLength, wireOptions, writeBody, writeHeader } from "./encode-message.ts";
import type { EndpointCore } from "./endpoint-core.ts";
import type { CoapResponse } from "./exchange.ts";
import { CoapMessage } from "./message.ts";
import { MessageType } from "./message-type.ts";
import { ObservingServer } from "./observe/observing-server.ts";
import { OptionNumber } from "./option.ts";
import { ServerRow } from "./server-row.ts";
import type { ReceiveOutcome } from "./stats.ts";

const NOTHING: Uint8Array = new Uint8Array(0);

/** Requests of peers: each is executed once and answered. */
export class ServerRole<T> {
  readonly observing: ObservingServer<T>;
  readonly #core: EndpointCore<T>;

  constructor(core: EndpointCore<T>) {
    this.#core = core;
    this.observing = new ObservingServer(core, this);
  }

  receive(
    peer: Association<T>,
    bytes: Uint8Array,
    optionsEnd: number,
    badOption: number,
    now: number,
  ): ReceiveOutcome {
    const core = this.#core;
    const confirmable = (((bytes[0] as number) >> 4) & 3) === MessageType.confirmable;
    const messageId = ((bytes[2] as number) << 8) | (bytes[3] as number);
    for (let row = peer.pending; row !== undefined; row = row.next) {
      if (row.messageId !== messageId || !row.hasTokenOf(bytes)) continue;
      if (row.isAccepted) core.transmitEmpty(peer, MessageType.acknowledgement, messageId);
      return "duplicate";
    }
    if (core.sink.request === undefined) {
      if (confirmable) core.transmitReset(peer, bytes);
      return "refused";
    }
    if (badOption !== 0 && !confirmable) return "bad-option";
    const waiting = peer.pendingCount + peer.unacknowledgedCount;
    if (waiting >= core.limits.maxPendingPerPeer) return "refused";
    const row = new ServerRow<T>(peer, messageId, confirmable, bytes, now);
    row.next = peer.pending;
    peer.pending = row;
    peer.pendingCount += 1;
    peer.mark += 1;
    core.scheduleSweep(peer, now);
    if (badOption !== 0) {
      const isProxy = badOption === OptionNumber.proxyUri || badOption === OptionNumber.proxyScheme;
      this.respond(row, { code: isProxy ? Code.proxyingNotSupported : Code.badOption }, now);
      return "bad-option";
    }
    core.sink.request(row, new CoapMessage(bytes, optionsEnd), now);
    return "request";
  }

  respond(row: ServerRow<T>, given: CoapResponse, now: number): boolean {
    if (!row.isOpen) return false;
    const core = this.#core;
    const { observation } = row;
    const response =
      observation === undefined ? given : this.observing.firstResponse(observation, given, now);
    const options = wireOptions(response.options);
    const payload = response.payload ?? NOTHING;
    const length = messageLength(row.tokenLength, options, payload);
    core.checkLength(length);
    const isPiggybacked = row.confirmable && !row.isAccepted;
    const ownId = isPiggybacked ? row.messageId : core.takeMessageId(row.peer, now);
    if (ownId < 0) return false;
    const isSeparate = row.confirmable && row.isAccepted;
    const message = isSeparate ? core.pool.allocate(length) : core.scratch(length);
    const type = isPiggybacked
      ? MessageType.acknowledgement
      : isSeparate
        ? MessageType.confirmable
        : MessageType.nonConfirmable;
    writeHeader(message, type, row.tokenLength, response.code, ownId);
    row.writeToken(message);
    writeBody(message, 4 + row.tokenLength, options, payload);
    this.#close(row);
    const kind = isPiggybacked ? 0 : isSeparate ? 1 : 3;
    const kept = isPiggybacked ? length : 4 + row.tokenLength;
    core.remember(row.peer, row.messageId, kind, message, kept, now, now);
    if (isSeparate) {
      if (observation?.isOpen === true) observation.inFlight = row;
      this.sendConfirmable(row, message, now);
    } else core.transmit(row.peer, message);
    return true;
  }

  accept(row: ServerRow<T>): void {
    if (!row.isOpen || row.isAccepted || !row.confirmable) return;
    row.isAccepted = true;
    row.peer.mark += 1;
    this.#core.transmitEmpty(row.peer, MessageType.acknowledgement, row.messageId);
  }

  reject(row: ServerRow<T>, now: number): void {
    if (!row.isOpen) return;
    const message = this.#core.scratch(4);
    writeHeader(message, MessageType.reset, 0, 0, row.messageId);
    this.#close(row);
    this.#core.remember(row.peer, row.messageId, 0, message, 4, now, now);
    this.#core.transmit(row.peer, message);
  }

  /** Starts the retransmission cycle of a separate response; `transmitNow` is false after an import. */
  sendConfirmable(row: ServerRow<T>, message: Uint8Array, now: number, transmitNow = true): void {
    const { parameters, timers } = this.#core;
    row.message = message;
    row.ownMessageId = ((message[2] as number) << 8) | (message[3] as number);
    row.maxRetransmit = parameters.maxRetransmit;
    row.timeoutMs = this.#core.firstTimeout(parameters.ackTimeoutMs);
    row.next = row.peer.unacknowledged;
    row.peer.unacknowledged = row;
    row.peer.unacknowledgedCount += 1;
    row.peer.mark += 1;
    timers.set(row, now + row.timeoutMs);
    if (transmitNow) this.#core.transmit(row.peer, message);
  }

  /** The peer acknowledged one of our messages, if it was a confirmable response. */
  acknowledge(peer: Association<T>, messageId: number, now: number): void {
    const row = this.#unacknowledged(peer, messageId);
    if (row === undefined) return;
    this.giveUp(row);
    if (row.observation !== undefined) this.observing.acknowledged(row, now);
  }

  /** The peer rejected one of our messages, if it was a response or a notification. */
  reset(peer: Association<T>, messageId: number, now: number): void {
    const row = this.#unacknowledged(peer, messageId);
    if (row === undefined) {
      this.observing.reset(peer, messageId, now);
      return;
    }
    this.giveUp(row);
    if (row.observation !== undefined) this.observing.refused(row, "reset", now);
  }

  /** No ACK came for a confirmable response after all retransmissions. */
  timeout(row: ServerRow<T>, now: number): void {
    this.giveUp(row);
    if (row.observation !== undefined) this.observing.refused(row, "timeout", now);
  }

  /** Ends the retransmission of a separate response. */
  giveUp(row: ServerRow<T>): void {
    const peer = row.peer;
    row.message = undefined;
    this.#core.timers.cancel(row);
    peer.mark += 1;
    peer.unacknowledgedCount -= 1;
    if (peer.unacknowledged === row) peer.unacknowledged = row.next;
    else {
      let before = peer.unacknowledged;
      while (before !== undefined && before.next !== row) before = before.next;
      if (before !== undefined) before.next = row.next;
    }
    row.next = undefined;
  }

  /** Requests that nobody answered within EXCHANGE_LIFETIME: their peer gave up long ago. */
  expire(peer: Association<T>, now: number): void {
    const lifetimeMs = this.#core.parameters.exchangeLifetimeMs;
    let row = peer.pending;
    while (row !== undefined) {
      const next: ServerRow<T> | undefined = row.next;
      if (now - row.receivedAt >= lifetimeMs) this.#close(row);
      row = next;
    }
  }

  closePeer(peer: Association<T>, now: number): void {
    this.observing.closePeer(peer, now);
    while (peer.pending !== undefined) this.#close(peer.pending);
    while (peer.unacknowledged !== undefined) this.giveUp(peer.unacknowledged);
  }

  #unacknowledged(peer: Association<T>, messageId: number): ServerRow<T> | undefined {
    let row = peer.unacknowledged;
    while (row !== undefined && row.ownMessageId !== messageId) row = row.next;
    return row;
  }

  #close(row: ServerRow<T>): void {
    const peer = row.peer;
    row.isOpen = false;
    peer.pendingCount -= 1;
    if (peer.pending === row) peer.pending = row.next;
    else {
      let before = peer.pending;
      while (before !== undefined && before.next !== row) before = before.next;
      if (before !== undefined) before.next = row.next;
    }
    row.next = undefined;
  }
}
