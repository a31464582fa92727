import { createNodeCrypto } from "@dtls-cluster/crypto-node";
import {
  type Connection,
  createEndpoint,
  type Endpoint,
  type EndpointOptions,
  type Path,
} from "@dtls-cluster/dtls";
import { Random } from "@dtls-cluster/testkit";

const crypto = createNodeCrypto();
const PSK = new TextEncoder().encode("a pre-shared key");
const IDENTITY = new TextEncoder().encode("device-1");
export const SERVER_PORT = 5684;

/** A datagram on its way. */
export interface Underway {
  readonly bytes: Uint8Array;
  readonly toServer: boolean;
  readonly clientPort: number;
}

/** A server, and clients by port, with a wire that the fuzzer holds in its hands. */
export class DtlsWorld {
  readonly server: Endpoint;
  readonly wire: Underway[] = [];
  /** Payloads that the server got. */
  readonly received: string[] = [];
  now = 0;
  readonly #clients = new Map<number, Endpoint>();
  readonly #random = new Random(5);

  constructor(options: Partial<EndpointOptions> = {}) {
    this.server = this.#endpoint("server", { connectionId: { length: 6 }, ...options }, 0);
  }

  /** Starts a handshake from a port. */
  connect(port: number, options: Partial<EndpointOptions> = {}): Connection {
    const client = this.#endpoint("client", { connectionId: { length: 0 }, ...options }, port);
    this.#clients.set(port, client);
    const path: Path = { address: "10.0.0.1", port: SERVER_PORT, via: undefined };
    return client.connect(path, { pskIdentity: IDENTITY, psk: PSK }, this.now);
  }

  send(port: number, connection: Connection, text: string): boolean {
    return (
      this.#clients.get(port)?.send(connection, new TextEncoder().encode(text), this.now) ?? false
    );
  }

  /** Gives one datagram to whom it is for. */
  deliver({ bytes, toServer, clientPort }: Underway): string {
    const datagram = Uint8Array.from(bytes);
    if (toServer) return this.server.receive(datagram, "10.0.0.2", clientPort, undefined, this.now);
    const client = this.#clients.get(clientPort);
    return client?.receive(datagram, "10.0.0.1", SERVER_PORT, undefined, this.now) ?? "nobody";
  }

  /** Delivers everything, and lets time pass where nothing is under way, for so many milliseconds. */
  settle(ms: number): void {
    const end = this.now + ms;
    for (let steps = 0; steps < 10_000; steps += 1) {
      const next = this.wire.shift();
      if (next !== undefined) {
        this.deliver(next);
        continue;
      }
      const due = this.#nextTimeout();
      if (due === undefined || due > end) return;
      this.now = Math.max(this.now, due);
      this.handleTimeouts();
    }
    throw new Error("the handshake goes on for ever");
  }

  handleTimeouts(): void {
    for (const endpoint of [this.server, ...this.#clients.values()])
      endpoint.handleTimeout(this.now);
  }

  #nextTimeout(): number | undefined {
    const due = [this.server, ...this.#clients.values()].map((endpoint) => endpoint.nextTimeout());
    const known = due.filter((time) => time !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  #endpoint(role: "client" | "server", options: Partial<EndpointOptions>, port: number): Endpoint {
    const endpoint: Endpoint = createEndpoint(
      { crypto, entropy: new Random(this.#random.uint32()), role, ...options },
      {
        transmit: (datagram, path) =>
          void this.wire.push({
            bytes: datagram,
            toServer: role === "client",
            clientPort: role === "client" ? port : path.port,
          }),
        data: (_connection, payload) => {
          if (role === "server") this.received.push(new TextDecoder().decode(payload));
        },
        event: (event, now) => {
          if (event.type === "psk-needed") endpoint.providePsk(event.connection, PSK, now);
        },
      },
    );
    return endpoint;
  }
}
