import type {
  CloseReason,
  Connection,
  ConnectOptions,
  Endpoint,
  EndpointEvent,
  EndpointSink,
  Path,
} from "@dtls-cluster/dtls";
import type { Link, LinkOwner } from "./link.ts";

/** Makes the DTLS endpoint of one client. */
export type EndpointFactory = (sink: EndpointSink) => Endpoint;

export interface DtlsLinkOptions {
  readonly createEndpoint: EndpointFactory;
  readonly credentials: ConnectOptions;
  /** Address of the node that the handshake is made with. */
  readonly home: Path;
  readonly handshakeTimeoutMs: number;
}

/**
 * One client's DTLS connection, in an endpoint of its own: the endpoint then needs no address to tell
 * the clients apart, and a node that answers from another address of the cluster is understood.
 */
export class DtlsLink implements Link, EndpointSink {
  readonly hasHandshake = true;
  readonly #options: DtlsLinkOptions;
  readonly #owner: LinkOwner;
  readonly #endpoint: Endpoint;
  #connection: Connection | undefined;
  #isUp = false;
  #giveUpAt: number | undefined;

  constructor(options: DtlsLinkOptions, owner: LinkOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#endpoint = options.createEndpoint(this);
  }

  get hasServerConnectionId(): boolean {
    return (this.#connection?.writeConnectionId?.length ?? 0) > 0;
  }

  connect(now: number): void {
    this.close(now);
    this.#giveUpAt = now + this.#options.handshakeTimeoutMs;
    this.#connection = this.#endpoint.connect(this.#options.home, this.#options.credentials, now);
  }

  send(message: Uint8Array, now: number): boolean {
    return this.#connection !== undefined && this.#endpoint.send(this.#connection, message, now);
  }

  receive(datagram: Uint8Array, now: number): void {
    const { address, port } = this.#options.home;
    this.#endpoint.receive(datagram, address, port, undefined, now);
  }

  handleTimeout(now: number): void {
    if (this.#giveUpAt !== undefined && this.#giveUpAt <= now) {
      this.close(now);
      this.#owner.linkDown("handshake-timeout", now);
      return;
    }
    this.#endpoint.handleTimeout(now);
  }

  nextTimeout(): number | undefined {
    const next = this.#endpoint.nextTimeout();
    if (this.#giveUpAt === undefined) return next;
    return next === undefined ? this.#giveUpAt : Math.min(next, this.#giveUpAt);
  }

  close(now: number): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#giveUpAt = undefined;
    if (connection !== undefined) this.#endpoint.close(connection, now);
    this.#isUp = false;
  }

  /** @internal From the endpoint. */
  transmit(datagram: Uint8Array): void {
    this.#owner.transmit(datagram, !this.#isUp);
  }

  /** @internal From the endpoint. */
  data(connection: Connection, payload: Uint8Array, now: number): void {
    if (connection === this.#connection) this.#owner.message(payload, now);
  }

  /** @internal From the endpoint. */
  event(event: EndpointEvent, now: number): void {
    if (event.connection !== this.#connection) return;
    if (event.type === "connected") {
      this.#isUp = true;
      this.#giveUpAt = undefined;
      this.#owner.linkUp(now);
    } else if (event.type === "closed") {
      this.#connection = undefined;
      this.#giveUpAt = undefined;
      this.#isUp = false;
      this.#owner.linkDown(describeReason(event.reason), now);
    }
  }
}

function describeReason(reason: CloseReason): string {
  if (reason.kind !== "failed") return reason.kind;
  const { alert, code } = reason.error;
  return alert === undefined ? code.toLowerCase().replaceAll("_", "-") : `alert-${alert}`;
}
