import { Association } from "./association.ts";
import type { ClientTransfer } from "./blockwise/client-transfer.ts";
import { ClientRole } from "./client-role.ts";
import { ClientRow } from "./client-row.ts";
import type { CoapEndpointOptions } from "./config.ts";
import { hasValidHeader } from "./decode-message.ts";
import type { CoapEndpoint } from "./endpoint.ts";
import { EndpointCore } from "./endpoint-core.ts";
import { CoapUsageError } from "./errors.ts";
import type { ClientExchange, CoapRequest, CoapResponse, ServerExchange } from "./exchange.ts";
import type { CoapMessage } from "./message.ts";
import { MessageType } from "./message-type.ts";
import { type Observation, ObservationRow } from "./observe/observation.ts";
import { OptionScanner } from "./option-scanner.ts";
import type { CoapPeer } from "./peer.ts";
import type { CoapPeerState } from "./peer-state.ts";
import { exportPeer, importPeer } from "./peer-transfer.ts";
import { ServerRole } from "./server-role.ts";
import { ServerRow } from "./server-row.ts";
import type { CoapSink } from "./sink.ts";
import type { CoapStats, ReceiveOutcome } from "./stats.ts";

/** Messages, exchanges and observations; each request and response is one message. */
export class MessageLayer<T> implements CoapEndpoint<T> {
  readonly #core: EndpointCore<T>;
  readonly #server: ServerRole<T>;
  readonly #client: ClientRole<T>;
  readonly #scanner: OptionScanner;
  #peers = 0;
  readonly #received: Record<ReceiveOutcome, number> = {
    request: 0,
    response: 0,
    acknowledgement: 0,
    reset: 0,
    duplicate: 0,
    ping: 0,
    malformed: 0,
    "bad-option": 0,
    unmatched: 0,
    refused: 0,
    closed: 0,
  };

  constructor(options: CoapEndpointOptions, sink: CoapSink<T>) {
    this.#core = new EndpointCore(options, sink);
    this.#server = new ServerRole(this.#core);
    this.#client = new ClientRole(this.#core);
    this.#scanner = new OptionScanner(options.criticalOptions);
  }

  openPeer(transport: T): CoapPeer<T> {
    this.#peers += 1;
    return new Association(transport);
  }

  closePeer(given: CoapPeer<T>, now: number): void {
    const peer = own(given);
    if (peer.isClosed) return;
    peer.isClosed = true;
    this.#peers -= 1;
    this.#core.sweeps.cancel(peer);
    this.#core.forget(peer);
    this.#server.closePeer(peer, now);
    this.#client.closePeer(peer, now);
  }

  receive(given: CoapPeer<T>, message: Uint8Array, now: number): ReceiveOutcome {
    const outcome = this.#dispatch(own(given), message, now);
    this.#received[outcome] += 1;
    return outcome;
  }

  #dispatch(peer: Association<T>, message: Uint8Array, now: number): ReceiveOutcome {
    if (peer.isClosed) return "closed";
    if (!hasValidHeader(message)) return this.#malformed(peer, message);
    const code = message[1] as number;
    const type = ((message[0] as number) >> 4) & 3;
    if (code === 0) return this.#empty(peer, message, type, now);
    const codeClass = code >> 5;
    const isRequest = codeClass === 0;
    const isResponse = codeClass === 2 || codeClass === 4 || codeClass === 5;
    // Requests come in CON and NON only; nothing but an empty message comes in a RST (section 4.2).
    const fits = isRequest ? type <= MessageType.nonConfirmable : type !== MessageType.reset;
    if (!fits || !(isRequest || isResponse)) return this.#malformed(peer, message);
    const optionsEnd = this.#scanner.scan(message);
    if (optionsEnd < 0) return this.#malformed(peer, message);
    const badOption = this.#scanner.badOption;
    if (type !== MessageType.acknowledgement && this.#isRepeated(peer, message, type, now)) {
      return "duplicate";
    }
    return isRequest
      ? this.#server.receive(peer, message, optionsEnd, badOption, now)
      : this.#client.receive(peer, message, optionsEnd, badOption, now);
  }

  #malformed(peer: Association<T>, message: Uint8Array): ReceiveOutcome {
    // Another version is ignored (section 3); without four bytes there is nothing to reject.
    const isRejectable = message.length >= 4 && (message[0] as number) >> 4 === 4;
    if (isRejectable) this.#core.transmitReset(peer, message);
    return "malformed";
  }

  #empty(peer: Association<T>, message: Uint8Array, type: number, now: number): ReceiveOutcome {
    const messageId = ((message[2] as number) << 8) | (message[3] as number);
    if (type === MessageType.acknowledgement) {
      if (!this.#client.acknowledge(peer, messageId, now)) {
        this.#server.acknowledge(peer, messageId, now);
      }
      return "acknowledgement";
    }
    if (type === MessageType.reset) {
      if (!this.#client.reset(peer, messageId, now)) this.#server.reset(peer, messageId, now);
      return "reset";
    }
    this.#core.transmitReset(peer, message);
    return "ping";
  }

  /** Answers a message that was seen before as it was answered then (section 4.5). */
  #isRepeated(peer: Association<T>, message: Uint8Array, type: number, now: number): boolean {
    const log = peer.duplicates;
    if (log === undefined) return false;
    const messageId = ((message[2] as number) << 8) | (message[3] as number);
    const at = log.find(messageId, now, this.#core.lifetimes);
    if (at < 0 || !log.hasTokenOf(at, message)) return false;
    if (type !== MessageType.confirmable) return true;
    const kind = log.kind(at);
    if (kind === 0) {
      const answer = this.#core.scratch(log.answerLength(at));
      log.copyAnswer(at, answer);
      this.#core.transmit(peer, answer);
    } else if (kind === 1) {
      this.#core.transmitEmpty(peer, MessageType.acknowledgement, messageId);
    }
    return true;
  }

  request(
    peer: CoapPeer<T>,
    request: CoapRequest,
    now: number,
    attachment?: unknown,
    transfer?: ClientTransfer<T>,
  ): ClientRow<T> | undefined {
    return this.#client.request(own(peer), request, now, attachment, transfer);
  }

  requestableAt(peer: CoapPeer<T>, now: number): number {
    return this.#client.requestableAt(own(peer), now);
  }

  cancel(exchange: ClientExchange<T>): void {
    this.#client.cancel(ownClientRow(exchange));
  }

  respond(exchange: ServerExchange<T>, response: CoapResponse, now: number): boolean {
    const row = ownServerRow(exchange);
    return row instanceof ObservationRow
      ? this.#server.observing.notify(row, response, now)
      : this.#server.respond(row, response, now);
  }

  observe(
    exchange: ServerExchange<T>,
    request: CoapMessage,
    now: number,
  ): Observation<T> | undefined {
    return this.#server.observing.observe(ownServerRow(exchange), request, now);
  }

  endObservation(observation: Observation<T>, now: number): void {
    if (observation instanceof ObservationRow)
      this.#server.observing.end(observation, "ended", now);
  }

  accept(exchange: ServerExchange<T>): void {
    this.#server.accept(ownServerRow(exchange));
  }

  reject(exchange: ServerExchange<T>, now: number): void {
    this.#server.reject(ownServerRow(exchange), now);
  }

  handleTimeout(now: number): void {
    const { timers, sweeps } = this.#core;
    for (let row = timers.takeDue(now); row !== undefined; row = timers.takeDue(now)) {
      if (row.isClient) this.#clientDue(row, now);
      else this.#serverDue(row, now);
    }
    for (let peer = sweeps.takeDue(now); peer !== undefined; peer = sweeps.takeDue(now)) {
      this.#sweep(peer, now);
    }
  }

  #clientDue(row: ClientRow<T>, now: number): void {
    if (row.message === undefined || row.retransmissions >= row.maxRetransmit) {
      this.#client.fail(row, "timeout", now);
      return;
    }
    this.#again(row, row.message, now);
    this.#core.sink.retransmitted?.(row, now);
  }

  #serverDue(row: ServerRow<T>, now: number): void {
    if (row.message === undefined || row.retransmissions >= row.maxRetransmit) {
      this.#server.timeout(row, now);
      return;
    }
    row.message = this.#server.observing.newerMessage(row, now) ?? row.message;
    this.#again(row, row.message, now);
  }

  #again(row: ClientRow<T> | ServerRow<T>, message: Uint8Array, now: number): void {
    row.retransmissions += 1;
    row.timeoutMs *= 2;
    this.#core.retransmissions += 1;
    this.#core.timers.set(row, now + row.timeoutMs);
    this.#core.transmit(row.peer, message);
  }

  #sweep(peer: Association<T>, now: number): void {
    const { parameters, lifetimes, sweeps } = this.#core;
    this.#server.expire(peer, now);
    let left = peer.duplicates?.timeLeft(now, lifetimes) ?? 0;
    if (left <= 0) this.#core.forget(peer);
    for (let row = peer.pending; row !== undefined; row = row.next) {
      left = Math.max(left, row.receivedAt + parameters.exchangeLifetimeMs - now);
    }
    if (left > 0) sweeps.set(peer, now + left);
  }

  nextTimeout(): number | undefined {
    const timer = this.#core.timers.next;
    const sweep = this.#core.sweeps.next;
    if (timer === undefined || sweep === undefined) return timer ?? sweep;
    return Math.min(timer, sweep);
  }

  exportPeer(peer: CoapPeer<T>, now: number, since = 0): CoapPeerState {
    return exportPeer(this.#core, own(peer), now, since);
  }

  importPeer(peer: CoapPeer<T>, state: CoapPeerState, now: number): void {
    importPeer(this.#core, this.#server, own(peer), state, now);
  }

  stats(): CoapStats {
    const { transmitted, retransmissions, forgottenEarly, duplicateBytes } = this.#core;
    const { requests, failures } = this.#client;
    return {
      peers: this.#peers,
      received: { ...this.#received },
      transmitted,
      retransmissions,
      requests,
      failures,
      forgottenEarly,
      duplicateBytes,
      bodyBytes: 0,
    };
  }
}

function own<T>(peer: CoapPeer<T>): Association<T> {
  if (peer instanceof Association) return peer;
  throw new CoapUsageError("this peer was not made by openPeer");
}

function ownClientRow<T>(exchange: ClientExchange<T>): ClientRow<T> {
  if (exchange instanceof ClientRow) return exchange;
  throw new CoapUsageError("this exchange was not made by request");
}

function ownServerRow<T>(exchange: ServerExchange<T>): ServerRow<T> {
  if (exchange instanceof ServerRow) return exchange;
  throw new CoapUsageError("this exchange did not come from a request of a peer");
}
