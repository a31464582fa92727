import type { Connection } from "./connection.ts";
import type { DatagramOutcome } from "./events.ts";
import type { Path, SocketAddress } from "./path.ts";
import type { ConnectionState } from "./state/connection-state.ts";
import type { SessionKeyBlock } from "./state/session-key-block.ts";
import type { EndpointStats } from "./stats.ts";

/** Credentials of a client handshake. */
export interface ConnectOptions {
  readonly pskIdentity: Uint8Array;
  readonly psk: Uint8Array;
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
