import type { KeyObject } from "node:crypto";
import { createNodeCrypto, createNodeEntropy, signHandshake } from "@dtls-cluster/crypto-node";
import {
  type CertificateVerdict,
  type CloseReason,
  type Connection,
  type ConnectOptions,
  createEndpoint,
  type Endpoint,
  type EndpointEvent,
  type EndpointOptions,
  type PeerCertificate,
} from "@dtls-cluster/dtls";
import { type DatagramSocket, EndpointDriver, openSocket } from "@dtls-cluster/udp";

export interface LoopbackOptions extends Omit<EndpointOptions, "crypto" | "entropy"> {
  /** Keys that the server side knows, by identity. */
  readonly psks?: Readonly<Record<string, Uint8Array>>;
  /** Private key of all credentials, of this side as server and as client. */
  readonly key?: KeyObject;
  /** Default: every certificate is accepted. */
  readonly judge?: (certificate: PeerCertificate) => CertificateVerdict;
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

  private constructor({ psks = {}, key, judge = () => "accepted", ...options }: LoopbackOptions) {
    const keys = new Map(Object.entries(psks));
    const answer = (event: EndpointEvent, now: number): void => {
      if (event.type === "peer-certificate") {
        this.endpoint.judgeCertificate(event.connection, judge(event.certificate), now);
      } else if (event.type === "signature-needed") {
        const signature = key && signHandshake(key, event.scheme, event.data);
        this.endpoint.provideSignature(event.connection, signature, now);
      }
    };
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
          else answer(event, now);
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
    return this.connectWith(port, { pskIdentity: new TextEncoder().encode(identity), psk });
  }

  /** As {@link connect} with any credentials. */
  connectWith(port: number, options: ConnectOptions): Connection {
    const path = { address: HOST, port, via: undefined };
    const connection = this.endpoint.connect(path, options, this.#driver.now());
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
