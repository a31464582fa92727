import type { CoapPeer, CoapPeerState } from "@dtls-cluster/coap";
import type { Connection, ConnectionState } from "@dtls-cluster/dtls";
import type { SecureCoap } from "../node/secure-coap.ts";

/** All that goes on with a connection elsewhere. */
export interface MovedConnection {
  readonly state: ConnectionState;
  readonly coap: CoapPeerState | undefined;
}

/**
 * The newest messages of a client that a copy remembers: as many as a client may have under way, which
 * is one for those with NSTART 1 (RFC 7252 section 4.7).
 */
const REMEMBERED_MESSAGES = 16;

/** A client that repeats the end of its handshake is answered for this long by whom it was made with. */
const QUIET_MS = 3000;

/** Copies connections with their CoAP exchanges out of and into a node. */
export class ConnectionTransfer {
  readonly #secure: SecureCoap;

  constructor(secure: SecureCoap) {
    this.#secure = secure;
  }

  /** @param since the `mark` of an earlier copy: only what came later is remembered. */
  copy(connection: Connection, since: number, now: number): MovedConnection | undefined {
    const state = this.#secure.dtls.snapshot(connection, now);
    return state === undefined ? undefined : { state, coap: this.#coapOf(connection, since, now) };
  }

  /** As {@link copy}, and the connection refuses to open and to seal from now on. */
  move(connection: Connection, now: number): MovedConnection | undefined {
    const coap = this.#coapOf(connection, 0, now);
    const state = this.#secure.dtls.exportConnection(connection, now);
    return state === undefined ? undefined : { state, coap };
  }

  /** Takes a copy over; an `older` one of the same connection is brought up to date. @throws DtlsUsageError */
  take(moved: MovedConnection, older: Connection | undefined, now: number): Connection {
    const { coap, dtls, peerOf } = this.#secure;
    const isKnown = older !== undefined && dtls.refreshConnection(older, moved.state, now);
    const connection = isKnown ? older : dtls.importConnection(moved.state, now);
    if (moved.coap !== undefined) coap.importPeer(peerOf(connection), moved.coap, now);
    return connection;
  }

  /** What changed since the copy with `mark`. */
  hasChanged(connection: Connection, mark: number): boolean {
    if (connection.isDirty) return true;
    const peer = connection.attachment as CoapPeer<Connection> | undefined;
    return peer !== undefined && peer.mark !== mark;
  }

  #coapOf(connection: Connection, since: number, now: number): CoapPeerState | undefined {
    const peer = connection.attachment as CoapPeer<Connection> | undefined;
    if (peer === undefined) return undefined;
    const state = this.#secure.coap.exportPeer(peer, now, since);
    if (state.duplicates.length <= REMEMBERED_MESSAGES) return state;
    return { ...state, duplicates: state.duplicates.slice(-REMEMBERED_MESSAGES) };
  }
}

/**
 * The client has just ended its handshake and said nothing since: it may not know that it is over, and
 * only the process that made the handshake can repeat its last flight.
 */
export function isQuiet(connection: Connection, now: number): boolean {
  return connection.attachment === undefined && now - connection.lastReceivedAt < QUIET_MS;
}
