import { createNodeCrypto, createNodeEntropy } from "@dtls-cluster/crypto-node";
import {
  type CloseReason,
  type Connection,
  createEndpoint,
  type Endpoint,
  type EndpointEvent,
  type EndpointOptions,
} from "@dtls-cluster/dtls";
import type { DatagramSocket, SocketAddress, SocketOptions } from "../datagram-socket.ts";
import { EndpointDriver } from "../endpoint-driver.ts";
import { openSocket } from "../open-socket.ts";
import { type ConnectionHost, DtlsConnection } from "./dtls-connection.ts";
import { bytesOf, type PskLookup } from "./pre-shared-key.ts";

/** Options that servers and clients share: those of the engine that need no code of one's own, and of the socket. */
export interface DtlsSocketOptions
  extends Omit<EndpointOptions, "crypto" | "entropy" | "role">,
    Partial<Omit<SocketOptions, "port" | "address">> {
  /** Ends it: a server stops, a handshake of a client fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What the two kinds of sockets do about their connections. */
export interface HostCallbacks {
  readonly psk?: PskLookup;
  connected(connection: DtlsConnection): void;
  /** A handshake is over without a connection. */
  failed(reason: CloseReason, path: SocketAddress): void;
  /** An established connection is over. */
  closed(connection: DtlsConnection): void;
  /** What a listener or a PSK lookup threw. */
  error(error: unknown): void;
}

/** One UDP socket with one endpoint on it. */
export class DtlsHost implements ConnectionHost {
  readonly #callbacks: HostCallbacks;
  readonly #endpoint: Endpoint;
  readonly #driver: EndpointDriver;
  #socket: DatagramSocket | undefined;
  #isClosed = false;
  /** Of a client: what it offered. */
  #session: Uint8Array | undefined;

  constructor(role: "client" | "server", options: DtlsSocketOptions, callbacks: HostCallbacks) {
    this.#callbacks = callbacks;
    const connectionId = options.connectionId ?? { length: role === "server" ? 6 : 0 };
    this.#endpoint = createEndpoint(
      {
        // A client would offer an extension that few servers know.
        ...(role === "server" && { returnRoutability: "basic" as const }),
        ...options,
        connectionId,
        role,
        crypto: createNodeCrypto(),
        entropy: createNodeEntropy(),
        wallClockOffset: Date.now() - performance.now(),
      },
      {
        transmit: (datagram, path) => this.#socket?.send(datagram, path.port, path.address),
        data: ({ attachment }, payload) => (attachment as DtlsConnection).receive(payload),
        event: (event) => this.#event(event),
      },
    );
    this.#driver = new EndpointDriver([this.#endpoint]);
  }

  /** @throws UdpError */
  async open(options: SocketOptions): Promise<SocketAddress> {
    const endpoint = this.#endpoint;
    const driver = this.#driver;
    this.#socket = await openSocket(options, {
      receive: (datagram, port, address) =>
        void endpoint.receive(datagram, address, port, undefined, driver.receiveTime()),
      endOfBatch: () => driver.endOfBatch(),
      failed: (error) => this.#callbacks.error(error),
    });
    return this.#socket.address;
  }

  /** Starts a client handshake. */
  connect(
    { address, port }: SocketAddress,
    pskIdentity: Uint8Array,
    psk: Uint8Array,
    session: Uint8Array | undefined,
  ): void {
    const path = { address, port, via: undefined };
    this.#session = session;
    const options = { pskIdentity, psk, savesSession: true, ...(session && { session }) };
    this.#endpoint.connect(path, options, this.#driver.now());
    this.#driver.rearm();
  }

  send(connection: Connection, payload: Uint8Array): boolean {
    const isSent = this.#endpoint.send(connection, payload, this.#driver.now());
    this.#driver.rearm();
    return isSent;
  }

  async close(connection: Connection): Promise<void> {
    if (connection.phase === "connected") this.#endpoint.close(connection, this.#driver.now());
    if (connection.role === "client") await this.closeAll();
  }

  /** Says goodbye to all peers and closes the socket. */
  async closeAll(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      const now = this.#driver.now();
      for (const connection of [...this.#endpoint.connections()]) {
        this.#endpoint.close(connection, now);
      }
      this.#driver.close();
    }
    await this.#socket?.close();
  }

  #event(event: EndpointEvent): void {
    const { connection } = event;
    switch (event.type) {
      case "psk-needed":
        void this.#findPsk(connection, event.identity);
        break;
      case "connected": {
        const established = new DtlsConnection(connection, this);
        connection.attachment = established;
        if (connection.isResumed) established.keepSession(this.#session);
        this.#callbacks.connected(established);
        break;
      }
      case "session":
        (connection.attachment as DtlsConnection).keepSession(event.session);
        break;
      case "path-changed":
        (connection.attachment as DtlsConnection).emit("path-changed", event.to, event.from);
        break;
      case "closed": {
        const established = connection.attachment as DtlsConnection | undefined;
        if (established === undefined) this.#callbacks.failed(event.reason, connection.path);
        else {
          established.ended(event.reason);
          this.#callbacks.closed(established);
        }
        break;
      }
    }
  }

  async #findPsk(connection: Connection, identity: Uint8Array): Promise<void> {
    let psk: Uint8Array | undefined;
    try {
      const text = new TextDecoder().decode(identity);
      const found = await this.#callbacks.psk?.(text, Uint8Array.from(identity));
      psk = found === undefined ? undefined : bytesOf(found);
    } catch (error) {
      this.#callbacks.error(error);
    }
    if (connection.phase !== "handshaking") return;
    this.#endpoint.providePsk(connection, psk, this.#driver.now());
    this.#driver.rearm();
  }
}
