import { Association } from "../association.ts";
import { ClientRow } from "../client-row.ts";
import type { CoapEndpointOptions } from "../config.ts";
import type { CoapEndpoint } from "../endpoint.ts";
import { EntropyPool } from "../entropy-pool.ts";
import type { ClientExchange, CoapRequest, CoapResponse, ServerExchange } from "../exchange.ts";
import type { CoapMessage } from "../message.ts";
import { MessageLayer } from "../message-layer.ts";
import type { Observation } from "../observe/observation.ts";
import { OptionNumber } from "../option.ts";
import type { CoapPeer } from "../peer.ts";
import type { CoapPeerState } from "../peer-state.ts";
import { ServerRow } from "../server-row.ts";
import type { CoapSink } from "../sink.ts";
import type { CoapStats, ReceiveOutcome } from "../stats.ts";
import { deriveParameters } from "../transmission-parameters.ts";
import { BlockClient } from "./block-client.ts";
import { BlockRoom } from "./block-room.ts";
import { BlockServer } from "./block-server.ts";
import { type BlockwiseOptions, checkedBlockwise } from "./blockwise-options.ts";
import { BodyStore } from "./body-store.ts";
import { exportBodies, importBodies } from "./body-transfer.ts";

/** A message layer whose requests and responses may be longer than a message. */
export class BlockwiseEndpoint<T> implements CoapEndpoint<T> {
  readonly #messages: MessageLayer<T>;
  readonly #server: BlockServer<T>;
  readonly #client: BlockClient<T>;
  readonly #store: BodyStore<T>;

  constructor(
    options: CoapEndpointOptions,
    given: Partial<BlockwiseOptions> | undefined,
    sink: CoapSink<T>,
  ) {
    const blockwise = checkedBlockwise(given);
    const { request, observed, observationEnded } = sink;
    const criticalOptions = [
      ...(options.criticalOptions ?? []),
      OptionNumber.block1,
      OptionNumber.block2,
    ];
    this.#messages = new MessageLayer<T>(
      { ...options, criticalOptions },
      {
        transmit: sink.transmit.bind(sink),
        response: (row, response, now) => this.#client.response(row as ClientRow<T>, response, now),
        notification: (row, response, now) =>
          this.#client.notification(row as ClientRow<T>, response, now),
        failed: (row, reason, now) => this.#client.failed(row as ClientRow<T>, reason, now),
        retransmitted: (row, now) => this.#client.retransmitted(row as ClientRow<T>, now),
        ...(request !== undefined && {
          request: (row: ServerExchange<T>, message: CoapMessage, now: number) =>
            this.#server.receive(row as ServerRow<T>, message, now),
        }),
        ...(observed !== undefined && { observed: observed.bind(sink) }),
        ...(observationEnded !== undefined && { observationEnded: observationEnded.bind(sink) }),
      },
    );
    this.#store = new BodyStore(blockwise, deriveParameters(options.parameters).exchangeLifetimeMs);
    const room = new BlockRoom(blockwise, sink);
    this.#server = new BlockServer(this.#messages, sink, blockwise, room, this.#store);
    const entropy = new EntropyPool(options.entropy);
    this.#client = new BlockClient(this.#messages, sink, blockwise, room, entropy);
  }

  openPeer(transport: T): CoapPeer<T> {
    return this.#messages.openPeer(transport);
  }

  closePeer(peer: CoapPeer<T>, now: number): void {
    if (peer instanceof Association) this.#store.closePeer(peer);
    this.#messages.closePeer(peer, now);
  }

  receive(peer: CoapPeer<T>, message: Uint8Array, now: number): ReceiveOutcome {
    return this.#messages.receive(peer, message, now);
  }

  request(
    peer: CoapPeer<T>,
    request: CoapRequest,
    now: number,
    attachment?: unknown,
  ): ClientExchange<T> | undefined {
    return this.#client.request(peer, request, now, attachment);
  }

  requestableAt(peer: CoapPeer<T>, now: number): number {
    return this.#messages.requestableAt(peer, now);
  }

  cancel(exchange: ClientExchange<T>): void {
    if (exchange instanceof ClientRow) this.#client.cancel(exchange);
    else this.#messages.cancel(exchange);
  }

  respond(exchange: ServerExchange<T>, response: CoapResponse, now: number): boolean {
    return exchange instanceof ServerRow
      ? this.#server.respond(exchange, response, now)
      : this.#messages.respond(exchange, response, now);
  }

  accept(exchange: ServerExchange<T>): void {
    this.#messages.accept(exchange);
  }

  reject(exchange: ServerExchange<T>, now: number): void {
    this.#messages.reject(exchange, now);
  }

  observe(
    exchange: ServerExchange<T>,
    request: CoapMessage,
    now: number,
  ): Observation<T> | undefined {
    return this.#messages.observe(exchange, request, now);
  }

  endObservation(observation: Observation<T>, now: number): void {
    this.#messages.endObservation(observation, now);
  }

  handleTimeout(now: number): void {
    this.#messages.handleTimeout(now);
    this.#store.handleTimeout(now);
  }

  nextTimeout(): number | undefined {
    const message = this.#messages.nextTimeout();
    const body = this.#store.nextTimeout;
    if (message === undefined || body === undefined) return message ?? body;
    return Math.min(message, body);
  }

  exportPeer(peer: CoapPeer<T>, now: number, since?: number): CoapPeerState {
    const state = this.#messages.exportPeer(peer, now, since);
    return peer instanceof Association ? exportBodies(this.#store, peer, state, now) : state;
  }

  importPeer(peer: CoapPeer<T>, state: CoapPeerState, now: number): void {
    this.#messages.importPeer(peer, state, now);
    if (peer instanceof Association) importBodies(this.#store, peer, state, now);
  }

  stats(): CoapStats {
    return { ...this.#messages.stats(), bodyBytes: this.#store.bytes };
  }
}
