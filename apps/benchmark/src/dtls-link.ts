import type {
  CloseReason,
  Connection,
  ConnectOptions,
  Endpoint,
  EndpointEvent,
  Path,
} from "@dtls-cluster/dtls";
import type { Link, LinkOwner } from "./link.ts";

/** One client's DTLS connection in the endpoint that all clients share. */
export class DtlsLink implements Link {
  readonly hasHandshake = true;
  readonly #endpoint: Endpoint;
  readonly #path: Path;
  readonly #credentials: ConnectOptions;
  readonly #owner: LinkOwner;
  #connection: Connection | undefined;
  #isUp = false;

  /** @param path under which the endpoint knows the client. */
  constructor(endpoint: Endpoint, path: Path, credentials: ConnectOptions, owner: LinkOwner) {
    this.#endpoint = endpoint;
    this.#path = path;
    this.#credentials = credentials;
    this.#owner = owner;
  }

  get hasServerConnectionId(): boolean {
    return (this.#connection?.writeConnectionId?.length ?? 0) > 0;
  }

  connect(now: number): void {
    this.close(now);
    const connection = this.#endpoint.connect(this.#path, this.#credentials, now);
    connection.attachment = this;
    this.#connection = connection;
  }

  send(message: Uint8Array, now: number): boolean {
    return this.#connection !== undefined && this.#endpoint.send(this.#connection, message, now);
  }

  receive(datagram: Uint8Array, now: number): void {
    this.#endpoint.receive(datagram, this.#path.address, this.#path.port, undefined, now);
  }

  close(now: number): void {
    const connection = this.#connection;
    this.#connection = undefined;
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
      this.#owner.linkUp(now);
    } else if (event.type === "closed") {
      this.#connection = undefined;
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
