import type {
  Connection,
  ConnectOptions,
  Endpoint,
  EndpointEvent,
  EndpointSink,
  Path,
} from "@dtls-cluster/dtls";
import type { ClientCertificates } from "./certificates.ts";
import { DtlsLink } from "./dtls-link.ts";
import type { LinkOwner } from "./link.ts";
import type { Machine } from "./scheduler.ts";

/** Makes a DTLS endpoint for client roles. */
export type EndpointFactory = (sink: EndpointSink) => Endpoint;

/**
 * One DTLS endpoint for all clients, which saves each of them its own buffers. Clients are told apart by
 * a name in place of the server's address: so it does not matter that all of them talk to the same
 * address, nor from which address of the cluster an answer comes.
 */
export class ClientEndpoint implements EndpointSink, Machine {
  readonly #endpoint: Endpoint;
  readonly #certificates: ClientCertificates | undefined;
  readonly #links = new Map<string, DtlsLink>();

  constructor(createEndpoint: EndpointFactory, certificates?: ClientCertificates) {
    this.#certificates = certificates;
    this.#endpoint = createEndpoint(this);
  }

  /** @param client number of the client. */
  createLink(client: number, credentials: ConnectOptions, owner: LinkOwner): DtlsLink {
    const path: Path = { address: `client ${client}`, port: 1, via: undefined };
    const link = new DtlsLink(this.#endpoint, path, credentials, owner);
    this.#links.set(path.address, link);
    return link;
  }

  handleTimeout(now: number): void {
    this.#endpoint.handleTimeout(now);
  }

  nextTimeout(): number | undefined {
    return this.#endpoint.nextTimeout();
  }

  /** @internal From the endpoint. */
  transmit(datagram: Uint8Array, path: Path): void {
    this.#links.get(path.address)?.transmit(datagram);
  }

  /** @internal From the endpoint. */
  data(connection: Connection, payload: Uint8Array, now: number): void {
    if (connection.attachment instanceof DtlsLink) {
      connection.attachment.data(connection, payload, now);
    }
  }

  /** @internal From the endpoint. */
  event(event: EndpointEvent, now: number): void {
    this.#certificates?.answer(this.#endpoint, event, now);
    if (event.connection.attachment instanceof DtlsLink) {
      event.connection.attachment.event(event, now);
    }
  }
}
