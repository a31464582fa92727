import { createNodeCrypto, createNodeEntropy } from "@dtls-cluster/crypto-node";
import {
  type CloseReason,
  type Connection,
  createEndpoint,
  type Endpoint,
  type EndpointOptions,
} from "@dtls-cluster/dtls";
import { type DatagramSocket, EndpointDriver, openSocket } from "@dtls-cluster/udp";

export interface LoopbackOptions extends Omit<EndpointOptions, "crypto" | "entropy"> {
  /** Keys that the server side knows, by identity. */
  readonly psks?: Readonly<Record<string, Uint8Array>>;
}

const HOST = "127.0.0.1";

/** The engine on a loopback socket, with everything it reported. */
export class LoopbackEndpoint {
  readonly endpoint: Endpoint;
  /** Application data of all connections as text, one entry per record. */
  readonly received: string[] = [];
  readonly connected: Connection[] = [];
  readonly closed: CloseReason[] = [];
  readonly #driver: EndpointDriver;
  #socket: DatagramSocket | undefined;

  private constructor({ psks = {}, ...options }: LoopbackOptions) {
    const keys = new Map(Object.entries(psks));
    this.endpoint = createEndpoint(
      { ...options, crypto: createNodeCrypto(), entropy: createNodeEntropy() },
      {
        transmit: (datagram, path) => this.#socket?.send(datagram, path.port, path.address),
        data: (_connection, payload) => this.received.push(new TextDecoder().decode(payload)),
        event: (event, now) => {
          if (event.type === "psk-needed") {
            const identity = new TextDecoder().decode(event.identity);
            this.endpoint.providePsk(event.connection, keys.get(identity), now);
          } else if (event.type === "connected") this.connected.push(event.connection);
          else if (event.type === "closed") this.closed.push(event.reason);
        },
      },
    );
    this.#driver = new EndpointDriver([this.endpoint]);
  }

  static async open(options: LoopbackOptions = {}): Promise<LoopbackEndpoint> {
    const made = new LoopbackEndpoint(options);
    const driver = made.#driver;
    made.#socket = await openSocket(
      { address: HOST, port: 0, receiveBufferBytes: 1 << 18, sendBufferBytes: 1 << 18 },
      {
        receive: (datagram, port, address) =>
          made.endpoint.receive(datagram, address, port, undefined, driver.receiveTime()),
        endOfBatch: () => driver.endOfBatch(),
      },
    );
    return made;
  }

  get port(): number {
    return this.#socket?.address.port ?? 0;
  }

  /** Starts a handshake with a server on loopback. */
  connect(port: number, identity: string, psk: Uint8Array): Connection {
    const connection = this.endpoint.connect(
      { address: HOST, port, via: undefined },
      { pskIdentity: new TextEncoder().encode(identity), psk },
      this.#driver.now(),
    );
    this.#driver.rearm();
    return connection;
  }

  send(connection: Connection, text: string): boolean {
    return this.endpoint.send(connection, new TextEncoder().encode(text), this.#driver.now());
  }

  close(connection: Connection): void {
    this.endpoint.close(connection, this.#driver.now());
  }

  async stop(): Promise<void> {
    this.#driver.close();
    await this.#socket?.close();
  }
}
