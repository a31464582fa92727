import type { CoapPeerState } from "@dtls-cluster/coap";
import type { ConnectionState } from "@dtls-cluster/dtls";

/** First element of each item on the wire. Readers skip kinds that they do not know. */
export const ItemKind = {
  header: 0,
  node: 1,
  connection: 2,
  removal: 3,
  freeze: 4,
  end: 5,
  late: 6,
  keepAlive: 7,
  close: 8,
} as const;

/** Who wrote a stream, and when. */
export interface StateHeader {
  readonly nodeId: number;
  /** The writer's ownership generation. */
  readonly generation: number;
  /** Wall-clock milliseconds since 1970. */
  readonly createdAt: number;
  /** What the application wants to tell, e.g. the generations that the reader may use. Default: none. */
  readonly attributes?: StateAttributes;
}

/** A flat map of plain values. */
export type StateAttributes = Readonly<Record<string, string | number | boolean>>;

/** What belongs to the node and not to one of its connections. Holds a secret: never log it. */
export interface NodeState {
  readonly nodeId: number;
  /** The generation that the reader of this stream may take. */
  readonly generation: number;
  /** The secret of the stateless cookie; undefined when each process draws its own. */
  readonly cookieSecret: Uint8Array | undefined;
  /** Wall-clock milliseconds since 1970. */
  readonly wallTime: number;
}

/** What a connection is recognised by: its own CID, or the peer's address where it has none. */
export interface ConnectionName {
  readonly readConnectionId: Uint8Array | undefined;
  readonly peer: ConnectionState["peer"];
}

/** Counts of a stream up to its end mark; the reader compares them with what it saw. */
export interface StateSummary {
  readonly connections: number;
  readonly removals: number;
  /** Connections that the writer left out because they had been idle for too long. */
  readonly skipped: number;
  /** All items before the end mark, also those of unknown kinds. */
  readonly items: number;
}

/** A connection as the bytes that it came in; checked already. */
export interface PackedConnection {
  /** New objects with each call. Their byte strings are views of the frame that the item came in. */
  unpack(): { readonly state: ConnectionState; readonly coap: CoapPeerState | undefined };
}

export type StateItem =
  | { readonly kind: "header"; readonly header: StateHeader }
  | { readonly kind: "node"; readonly node: NodeState }
  /** Replaces the `state` of an earlier item of the same connection; its `coap` comes on top of earlier ones. */
  | {
      readonly kind: "connection";
      readonly state: ConnectionState;
      readonly coap: CoapPeerState | undefined;
      /** The same in about a fifth of the memory, for those who must hold many. */
      readonly packed: PackedConnection;
    }
  | { readonly kind: "removal"; readonly name: ConnectionName }
  /** The writer has stopped opening records; what follows is the difference. */
  | { readonly kind: "freeze" }
  /** Everything before is complete and intact: it may be used from now on. */
  | { readonly kind: "end"; readonly summary: StateSummary }
  /** A connection that was completed after the end mark; complete in itself. */
  | {
      readonly kind: "late";
      readonly state: ConnectionState;
      readonly coap: CoapPeerState | undefined;
    }
  | { readonly kind: "keep-alive" }
  | { readonly kind: "close" };

/** A text that is equal for two names exactly if they mean the same connection of one node. */
export function connectionKey(name: ConnectionName): string {
  const cid = name.readConnectionId;
  if (cid === undefined || cid.length === 0) return `a${name.peer.address} ${name.peer.port}`;
  return `c${String.fromCharCode(...cid)}`;
}
