import { EventEmitter } from "node:events";
import type { CloseReason } from "@dtls-cluster/dtls";
import type { SocketAddress } from "../datagram-socket.ts";
import type { DtlsConnection } from "./dtls-connection.ts";
import { DtlsHost, type DtlsSocketOptions } from "./dtls-host.ts";
import { MessageQueue } from "./message-queue.ts";
import { lookupOf, type PskStore } from "./pre-shared-key.ts";

/** New connections that wait for whoever iterates over a server. */
const MAX_WAITING = 65_536;

export interface DtlsServerOptions extends DtlsSocketOptions {
  /** Keys by identity, or a function that finds them. */
  readonly psk: PskStore;
  /** An address of this host. Default `::`, which takes IPv4 and IPv6. */
  readonly address?: string;
  /** Default 5684, the port of CoAP over DTLS; 0 lets the system choose. */
  readonly port?: number;
}

/** Events of a {@link DtlsServer}. */
export interface DtlsServerEvents {
  connection: [connection: DtlsConnection];
  /** A handshake failed; no error of the server. */
  "handshake-failed": [reason: CloseReason, peer: SocketAddress];
  /** What a listener or the PSK lookup threw. Without a listener it is an uncaught exception. */
  error: [error: unknown];
  close: [];
}

/** A DTLS 1.2 server: take its connections with `for await`, or with a listener for "connection". */
export class DtlsServer
  extends EventEmitter<DtlsServerEvents>
  implements AsyncIterable<DtlsConnection>
{
  readonly #connections = new Set<DtlsConnection>();
  readonly #waiting = new MessageQueue<DtlsConnection>(MAX_WAITING);
  readonly #host: DtlsHost;
  readonly #address: SocketAddress;
  #closing: Promise<void> | undefined;

  private constructor(host: DtlsHost, address: SocketAddress) {
    super();
    this.#host = host;
    this.#address = address;
  }

  /** See {@link createServer}. */
  static async open(options: DtlsServerOptions): Promise<DtlsServer> {
    const { address = "::", port = 5684, signal, psk, ...more } = options;
    signal?.throwIfAborted();
    const host = new DtlsHost("server", more, {
      psk: lookupOf(psk),
      connected: (connection) => server.#connected(connection),
      failed: (reason, peer) => server.emit("handshake-failed", reason, peer),
      closed: (connection) => void server.#connections.delete(connection),
      error: (error) => server.emit("error", error),
    });
    const server: DtlsServer = new DtlsServer(host, await host.open({ ...more, address, port }));
    signal?.addEventListener("abort", () => void server.close(), { once: true });
    if (signal?.aborted === true) await server.close();
    return server;
  }

  /** What it is bound to. */
  get address(): SocketAddress {
    return this.#address;
  }

  /** Established connections. */
  get connections(): ReadonlySet<DtlsConnection> {
    return this.#connections;
  }

  /** Sends close_notify to all peers and closes the socket. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** New connections until the server is closed. Leaving the loop closes nothing. */
  async *[Symbol.asyncIterator](): AsyncGenerator<DtlsConnection, void, undefined> {
    yield* this.#waiting;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#host.closeAll();
    this.#waiting.end();
    this.emit("close");
  }

  #connected(connection: DtlsConnection): void {
    this.#connections.add(connection);
    if (this.listenerCount("connection") === 0) this.#waiting.push(connection);
    else this.emit("connection", connection);
  }
}

/**
 * Opens a DTLS 1.2 server (RFC 6347) with pre-shared keys and Connection IDs of 6 bytes (RFC 9146).
 * @throws UdpError when the address cannot be opened
 * @throws DtlsUsageError for an option that is not accepted
 */
export function createServer(options: DtlsServerOptions): Promise<DtlsServer> {
  return DtlsServer.open(options);
}
