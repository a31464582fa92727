import { EventEmitter } from "node:events";
import type { CloseReason, Connection } from "@dtls-cluster/dtls";
import { formatSocketAddress } from "../address-text.ts";
import type { SocketAddress } from "../datagram-socket.ts";
import { DtlsSocketError } from "./dtls-socket-error.ts";
import { MessageQueue } from "./message-queue.ts";
import { bytesOf } from "./pre-shared-key.ts";

/** Messages of a connection that wait for a consumer. */
const MAX_WAITING = 1024;

/** Events of a {@link DtlsConnection}. */
export interface DtlsConnectionEvents {
  /** Application data of one record, in memory of its own. */
  message: [message: Uint8Array];
  /** The peer's address changed (RFC 9146 section 6). */
  "path-changed": [to: SocketAddress, from: SocketAddress];
  /** It is over; nothing follows. */
  close: [reason: CloseReason];
}

/** What a connection needs of the socket that it lives on. */
export interface ConnectionHost {
  send(connection: Connection, payload: Uint8Array): boolean;
  close(connection: Connection): Promise<void>;
}

/**
 * An established DTLS connection. Messages are datagrams: each arrives whole, once or not at all, in any order.
 *
 * Take them with `for await`, or with a listener for "message". Before there is one, {@link dropped} tells how many of more
 * than 1024 were dropped.
 */
export class DtlsConnection
  extends EventEmitter<DtlsConnectionEvents>
  implements AsyncIterable<Uint8Array>
{
  readonly #connection: Connection;
  readonly #host: ConnectionHost;
  #session: Uint8Array | undefined;
  readonly #messages = new MessageQueue<Uint8Array>(MAX_WAITING);

  /** Made by {@link connect} and {@link DtlsServer}. */
  constructor(connection: Connection, host: ConnectionHost) {
    super();
    this.#connection = connection;
    this.#host = host;
    // The types of a map of events leave out those of the emitter itself.
    const emitter = this as unknown as EventEmitter<{ newListener: [event: string | symbol] }>;
    emitter.on("newListener", (event) => {
      if (event === "message") queueMicrotask(() => this.#flush());
    });
  }

  /** Where the peer is now: it may change while a Connection ID is in use. */
  get remote(): SocketAddress {
    const { address, port } = this.#connection.path;
    return { address, port };
  }

  /** PSK identity: of the client on a server, the own one on a client. */
  get pskIdentity(): Uint8Array {
    return this.#connection.pskIdentity;
  }

  /** IANA number of the cipher suite. */
  get cipherSuite(): number {
    return this.#connection.cipherSuite;
  }

  /** Whether the handshake was an abbreviated one. */
  get isResumed(): boolean {
    return this.#connection.isResumed;
  }

  /**
   * Of a client whose server lets it resume: what {@link connect} takes as `session` next time. It holds secrets. Undefined
   * after an error, because nobody resumes such a session.
   */
  get session(): Uint8Array | undefined {
    return this.#session && Uint8Array.from(this.#session);
  }

  /** True until it is closed by either side. */
  get isOpen(): boolean {
    return this.#connection.phase === "connected";
  }

  /** Longest message in bytes. */
  get maxMessageLength(): number {
    return this.#connection.maxPayload;
  }

  /** Messages that were dropped because nobody took them. */
  get dropped(): number {
    return this.#messages.dropped;
  }

  /** Sends one message. @throws DtlsSocketError when it is too long, or the connection is closed. */
  send(message: Uint8Array | string): void {
    const bytes = bytesOf(message);
    if (bytes.length > this.maxMessageLength) {
      throw new DtlsSocketError(
        "DTLS_MESSAGE_TOO_LONG",
        `a message of ${bytes.length} bytes does not fit one record; accepted are ${this.maxMessageLength}`,
      );
    }
    if (!this.#host.send(this.#connection, bytes)) {
      const { address, port } = this.#connection.path;
      const where = formatSocketAddress(address, port);
      throw new DtlsSocketError("DTLS_CLOSED", `the connection to ${where} is closed`);
    }
  }

  /** Sends close_notify; of a client, closes its socket too. May be called twice. */
  close(): Promise<void> {
    return this.#host.close(this.#connection);
  }

  /** Messages until the connection is closed. Leaving the loop closes nothing. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    yield* this.#messages;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  receive(payload: Uint8Array): void {
    const message = Uint8Array.from(payload);
    if (this.listenerCount("message") === 0) this.#messages.push(message);
    else this.emit("message", message);
  }

  /** @internal */
  keepSession(session: Uint8Array | undefined): void {
    this.#session = session;
  }

  /** @internal */
  ended(reason: CloseReason): void {
    if (reason.kind === "failed" || reason.kind === "limit-reached") this.#session = undefined;
    this.#messages.end();
    this.emit("close", reason);
  }

  #flush(): void {
    if (this.listenerCount("message") === 0) return;
    for (const message of this.#messages.drain()) this.emit("message", message);
  }
}
