import type { Connection } from "./connection.ts";
import type { Credential } from "./credential.ts";
import type { CertificateType } from "./crypto/provider.ts";
import type { CertificateVerdict, DatagramOutcome } from "./events.ts";
import type { Path, SocketAddress } from "./path.ts";
import type { ConnectionState } from "./state/connection-state.ts";
import type { SessionKeyBlock } from "./state/session-key-block.ts";
import type { EndpointStats } from "./stats.ts";

/** How a client shows who it is, and whom it expects. */
export interface ConnectOptions {
  /** 0 to 128 bytes; together with `psk`. */
  readonly pskIdentity?: Uint8Array;
  /** 1 to 512 bytes. Default: no PSK suites are offered. */
  readonly psk?: Uint8Array;
  /**
   * What is accepted from the server, best first (RFC 7250); empty for no suites with certificates. Default: X.509, and
   * nothing when there is a PSK.
   */
  readonly serverCertificateTypes?: readonly CertificateType[];
  /** Host name of the server: sent to it (RFC 6066 section 3), and part of the event "peer-certificate". */
  readonly serverName?: string;
  /** What the client can show when the server asks, best first. Default: nothing. */
  readonly credentials?: readonly Credential[];
  /**
   * A session of an earlier handshake with this server, from the event "session". It is offered as long as it lives and
   * the other options still are as they were; else, or when the server does not take it, the handshake is a full one.
   */
  readonly session?: Uint8Array;
  /** Whether the event "session" is wanted. Default: when `session` is given. */
  readonly savesSession?: boolean;
}

/**
 * All associations of one UDP socket, without the socket, a clock or randomness of its own: the
 * world comes in through arguments, everything goes out through the sink.
 */
export interface Endpoint {
  /**
   * Takes one datagram. Never throws and keeps no view of `datagram`.
   * @param via the cluster node that forwarded it, undefined when it came to the own socket.
   */
  receive(
    datagram: Uint8Array,
    address: string,
    port: number,
    via: SocketAddress | undefined,
    now: number,
  ): DatagramOutcome;
  /**
   * Starts a client handshake. It replaces one that is still in progress with the same peer, and on
   * completion an older connection as a client of that peer. @throws DtlsUsageError when the role or an option forbids it.
   */
  connect(path: Path, options: ConnectOptions, now: number): Connection;
  /** Answers "psk-needed"; undefined refuses the identity without telling the client why. */
  providePsk(connection: Connection, psk: Uint8Array | undefined, now: number): void;
  /**
   * Answers "peer-certificate"; a refusal ends the handshake with its alert. Harmless when it has ended already.
   * @throws DtlsUsageError when the handshake does not wait for a verdict.
   */
  judgeCertificate(connection: Connection, verdict: CertificateVerdict, now: number): void;
  /**
   * Answers "signature-needed"; undefined ends the handshake with internal_error. Harmless when it has ended already.
   * @throws DtlsUsageError when the handshake does not wait for a signature.
   */
  provideSignature(connection: Connection, signature: Uint8Array | undefined, now: number): void;
  /**
   * Keying material that both sides and nobody else can derive (RFC 5705). Undefined unless connected, and for a session
   * without extended master secret (RFC 7627 section 5.4).
   * @param label one that no protocol element has, best registered or beginning with "EXPERIMENTAL".
   * @param context undefined gives other material than an empty one.
   * @param length 1 to 65,535 bytes.
   * @throws DtlsUsageError for a label or length that is not accepted.
   */
  exportKeyingMaterial(
    connection: Connection,
    label: string,
    context: Uint8Array | undefined,
    length: number,
  ): Uint8Array | undefined;
  /**
   * Seals and transmits one record of application data.
   * @returns false when the connection is not connected (any more): nothing was sent.
   * @throws DtlsUsageError when `payload` exceeds `connection.maxPayload`.
   */
  send(connection: Connection, payload: Uint8Array, now: number): boolean;
  /** Sends close_notify and forgets the connection. */
  close(connection: Connection, now: number): void;
  /** Replaces the peer address that the next record goes to (a client that changed its mind or socket). */
  redirect(connection: Connection, path: Path): void;

  /**
   * Key material of a connection for other uses than its records: the key block, drawn `extraKeys` (0 to 16)
   * encryption keys longer than the records need. It holds the record keys too. Undefined unless connected.
   */
  keyBlock(connection: Connection, extraKeys: number): SessionKeyBlock | undefined;

  /** A copy of the state for pre-copy; clears `isDirty`. The connection goes on. Undefined unless connected. */
  snapshot(connection: Connection, now: number): ConnectionState | undefined;
  /** Moves the connection out: it refuses to open and to seal from now on. Undefined unless connected. */
  exportConnection(connection: Connection, now: number): ConnectionState | undefined;
  /** Takes a connection over, replacing an older copy with the same CID. @throws DtlsUsageError for a bad state. */
  importConnection(state: ConnectionState, now: number): Connection;
  /**
   * Brings an imported connection, not used since, up to a later state of the same session; cheaper than another import.
   * @returns false when it is of another session or gone: import it then. @throws DtlsUsageError for a bad state.
   */
  refreshConnection(connection: Connection, state: ConnectionState, now: number): boolean;
  /** From now on the endpoint seals nothing and opens nothing, for ever. */
  sealForEver(): void;
  /** Raises every write sequence number below `sequence` to it, also of connections to come. */
  advanceSequences(sequence: number): void;

  /** Established connections. */
  connections(): IterableIterator<Connection>;
  handleTimeout(now: number): void;
  /** When {@link handleTimeout} wants to be called, undefined for never. */
  nextTimeout(): number | undefined;
  stats(): EndpointStats;
}
