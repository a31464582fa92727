import type { CoapPeerState } from "@dtls-cluster/coap";
import type { ConnectionState } from "@dtls-cluster/dtls";
import { StateError } from "./errors.ts";
import {
  connectionKey,
  type NodeState,
  type PackedConnection,
  type StateHeader,
  type StateItem,
} from "./items.ts";

/** A connection as it is handed out. */
export interface StagedConnection {
  readonly state: ConnectionState;
  /** To be imported one after the other, oldest first. */
  readonly coap: readonly CoapPeerState[];
}

/** What a complete stream holds. */
export interface StagedState {
  readonly header: StateHeader;
  readonly node: NodeState | undefined;
  /**
   * Each connection once, the last version of it. The stage lets go of a connection when it hands it
   * out, so that importing as one iterates holds no connection twice. Can be iterated once.
   */
  readonly connections: IterableIterator<StagedConnection>;
  readonly connectionCount: number;
}

const NONE: readonly CoapPeerState[] = [];

/** Collects the items of a stream and hands nothing out before its end mark. */
export class StagedImport {
  readonly #connections: Map<string, Staged> = new Map();
  #header: StateHeader | undefined;
  #node: NodeState | undefined;
  #phase: "collecting" | "complete" | "committed" = "collecting";

  /** Connections staged so far. */
  get size(): number {
    return this.#connections.size;
  }

  /** True from the end mark on: {@link commit} may be called. */
  get isComplete(): boolean {
    return this.#phase === "complete";
  }

  /** Takes an item. Late connections are not staged: they come after the commit, and are the caller's. */
  accept(item: StateItem): void {
    switch (item.kind) {
      case "header":
        this.#header = item.header;
        break;
      case "node":
        this.#node = item.node;
        break;
      case "connection":
        this.#stage(connectionKey(item.state), item.packed);
        break;
      case "removal":
        this.#connections.delete(connectionKey(item.name));
        break;
      case "end":
        this.#phase = "complete";
        break;
      default:
        break;
    }
  }

  #stage(key: string, packed: PackedConnection): void {
    const before = this.#connections.get(key);
    // Only a version that is replaced has to be looked into again, for its CoAP state.
    const earlier = before === undefined ? NONE : coapOf(before);
    this.#connections.set(key, earlier.length === 0 ? packed : { packed, earlier });
  }

  /** Hands everything out, once. @throws StateError before the end mark and after a commit. */
  commit(): StagedState {
    if (this.#phase !== "complete" || this.#header === undefined) {
      throw new StateError("STATE_USAGE", `commit: the import is ${this.#phase}`);
    }
    this.#phase = "committed";
    return {
      header: this.#header,
      node: this.#node,
      connectionCount: this.#connections.size,
      connections: drain(this.#connections),
    };
  }
}

/** A connection, with the CoAP states of versions that it replaced where there are any. */
type Staged =
  | PackedConnection
  | { readonly packed: PackedConnection; readonly earlier: readonly CoapPeerState[] };

function coapOf(staged: Staged): readonly CoapPeerState[] {
  const earlier = "packed" in staged ? staged.earlier : NONE;
  const { coap } = ("packed" in staged ? staged.packed : staged).unpack();
  return coap === undefined ? earlier : [...earlier, coap];
}

function* drain(map: Map<string, Staged>): IterableIterator<StagedConnection> {
  for (const [key, staged] of map) {
    map.delete(key);
    const { state, coap } = ("packed" in staged ? staged.packed : staged).unpack();
    const earlier = "packed" in staged ? staged.earlier : NONE;
    yield { state, coap: coap === undefined ? earlier : [...earlier, coap] };
  }
}
