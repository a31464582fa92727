import {
  type ClientExchange,
  type CoapEndpoint,
  type CoapEndpointOptions,
  type CoapMessage,
  type CoapPeer,
  type CoapSink,
  createCoapEndpoint,
  createResources,
  decodeMessage,
  type FailureReason,
  type Resource,
  type Resources,
} from "../../src/index.ts";
import { seededEntropy } from "./wire.ts";

/** What happens to a message on its way: delivered so many times. */
export type Fate = (message: Uint8Array, toServer: boolean) => number;

export interface Answer {
  readonly exchange: ClientExchange<string>;
  readonly message: CoapMessage;
}

export interface PairOptions {
  readonly client?: Partial<CoapEndpointOptions>;
  readonly server?: Partial<CoapEndpointOptions>;
  readonly serverSink?: Partial<CoapSink<string>>;
  readonly clientSink?: Partial<CoapSink<string>>;
  readonly fate?: Fate;
}

/** A client and a server with resources, joined by a queue in memory under virtual time. */
export class Pair {
  readonly client: CoapEndpoint<string>;
  server: CoapEndpoint<string>;
  readonly resources: Resources<string>;
  readonly toServer: CoapPeer<string>;
  toClient: CoapPeer<string>;
  readonly responses: Answer[] = [];
  readonly notifications: Answer[] = [];
  readonly failures: FailureReason[] = [];
  readonly ended: string[] = [];
  readonly errors: unknown[] = [];
  /** All messages, in the order in which they were sent. */
  readonly journal: { readonly toServer: boolean; readonly message: CoapMessage }[] = [];
  now = 0;
  fate: Fate;
  readonly #queue: { readonly toServer: boolean; readonly bytes: Uint8Array }[] = [];
  readonly #options: PairOptions;

  constructor(resources: readonly Resource<string>[], options: PairOptions = {}) {
    this.#options = options;
    this.fate = options.fate ?? (() => 1);
    this.resources = createResources(resources, (error) => void this.errors.push(error));
    this.client = createCoapEndpoint<string>(
      { entropy: seededEntropy(7), ...options.client },
      {
        transmit: (_peer, message) => this.#send(true, message),
        response: (exchange, message) =>
          void this.responses.push({ exchange, message: message.copy() }),
        notification: (exchange, message) =>
          void this.notifications.push({ exchange, message: message.copy() }),
        failed: (_exchange, reason) => void this.failures.push(reason),
        ...options.clientSink,
      },
    );
    this.toServer = this.client.openPeer("server");
    this.server = this.createServer();
    this.toClient = this.server.openPeer("client");
  }

  /** Another process takes over all that the server knows of the client. */
  handOver(): void {
    const state = this.server.exportPeer(this.toClient, this.now);
    this.server.closePeer(this.toClient, this.now);
    const successor = this.createServer();
    const peer = successor.openPeer("client");
    successor.importPeer(peer, state, this.now);
    this.server = successor;
    this.toClient = peer;
  }

  createServer(): CoapEndpoint<string> {
    const server: CoapEndpoint<string> = createCoapEndpoint<string>(
      { entropy: seededEntropy(11), ...this.#options.server },
      {
        transmit: (_peer, message) => this.#send(false, message),
        request: (exchange, request, now) => this.resources.handle(server, exchange, request, now),
        observed: (observation, now) => this.resources.observed(server, observation, now),
        observationEnded: (observation, reason) => {
          this.ended.push(reason);
          this.resources.observationEnded(observation);
        },
        ...this.#options.serverSink,
      },
    );
    return server;
  }

  /** Delivers what is under way until nothing is. */
  deliver(): void {
    for (let step = this.#queue.shift(); step !== undefined; step = this.#queue.shift()) {
      if (step.toServer) this.server.receive(this.toClient, step.bytes, this.now);
      else this.client.receive(this.toServer, step.bytes, this.now);
    }
  }

  /** Delivers, and fires deadlines in their order, until `until`. */
  run(until: number): void {
    for (;;) {
      this.deliver();
      const due = Math.min(
        this.client.nextTimeout() ?? Number.POSITIVE_INFINITY,
        this.server.nextTimeout() ?? Number.POSITIVE_INFINITY,
      );
      if (due > until) break;
      this.now = Math.max(this.now, due);
      this.client.handleTimeout(this.now);
      this.server.handleTimeout(this.now);
    }
    this.now = until;
  }

  #send(toServer: boolean, bytes: Uint8Array): void {
    const copy = new Uint8Array(bytes);
    const message = decodeMessage(copy);
    if (message !== undefined) this.journal.push({ toServer, message });
    const times = this.fate(copy, toServer);
    for (let index = 0; index < times; index += 1) this.#queue.push({ toServer, bytes: copy });
  }
}

/** A body whose every part looks different. */
export function bodyOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8) * 7 + seed) & 255);
}
