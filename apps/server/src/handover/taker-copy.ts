import type { Connection } from "@dtls-cluster/dtls";
import { connectionKey, type NodeState, type StateItem, StateReader } from "@dtls-cluster/state";
import { nodeSha256 } from "@dtls-cluster/state/node";
import type { SecureCoap } from "../node/secure-coap.ts";
import type { ConnectionTransfer, MovedConnection } from "./connection-transfer.ts";

/** What the reader of a stream has to know of an item. */
export type CopyEvent = "asked" | "frozen" | "complete" | "late" | "closed";

/**
 * Connections of the giver as they arrive. They go into the endpoint at once, which the gate keeps from
 * using them: so nothing is left to be done when the end mark comes.
 */
export class TakerCopy {
  readonly #secure: SecureCoap;
  readonly #transfer: ConnectionTransfer;
  readonly #nodeId: number;
  readonly #clock: () => number;
  readonly #reader = new StateReader({ sha256: nodeSha256 });
  readonly #connections = new Map<string, Connection>();
  readonly #late: MovedConnection[] = [];
  #bytes = 0;
  #node: NodeState | undefined;

  constructor(options: {
    readonly secure: SecureCoap;
    readonly transfer: ConnectionTransfer;
    readonly nodeId: number;
    readonly clock: () => number;
  }) {
    this.#secure = options.secure;
    this.#transfer = options.transfer;
    this.#nodeId = options.nodeId;
    this.#clock = options.clock;
  }

  get size(): number {
    return this.#connections.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What belongs to the node; there once the copy is complete. */
  get node(): NodeState | undefined {
    return this.#node;
  }

  /** @throws StateError for a broken stream, DtlsUsageError for a state that no endpoint takes. */
  push(chunk: Uint8Array): CopyEvent[] {
    const events: CopyEvent[] = [];
    this.#bytes += chunk.length;
    for (const item of this.#reader.push(chunk)) this.#accept(item, events);
    return events;
  }

  /** @throws StateError when the stream ended too early. */
  finish(): void {
    this.#reader.finish();
  }

  /** Imports the oldest late connection that is not imported yet. */
  takeLate(): void {
    const moved = this.#late.shift();
    if (moved !== undefined) this.#transfer.take(moved, undefined, this.#clock());
  }

  /** The copy is no copy any more: the connections are this process's own. */
  settle(): void {
    this.#connections.clear();
  }

  /** Takes everything out of the endpoint again. */
  discard(): void {
    const now = this.#clock();
    for (const connection of this.#connections.values()) {
      this.#secure.dtls.exportConnection(connection, now);
    }
    this.#connections.clear();
    this.#late.length = 0;
  }

  #accept(item: StateItem, events: CopyEvent[]): void {
    switch (item.kind) {
      case "header":
        if (item.header.nodeId !== this.#nodeId) {
          throw new RangeError(
            `--double names node ${item.header.nodeId}, but this is node ${this.#nodeId}`,
          );
        }
        break;
      case "node":
        this.#node = item.node;
        break;
      case "connection": {
        const key = connectionKey(item.state);
        const older = this.#connections.get(key);
        this.#connections.set(key, this.#transfer.take(item, older, this.#clock()));
        break;
      }
      case "removal": {
        const key = connectionKey(item.name);
        const gone = this.#connections.get(key);
        if (gone !== undefined) this.#secure.dtls.exportConnection(gone, this.#clock());
        this.#connections.delete(key);
        break;
      }
      case "late":
        this.#late.push({ state: item.state, coap: item.coap });
        events.push("late");
        break;
      case "freeze":
        events.push("frozen");
        break;
      case "end":
        events.push("complete");
        break;
      case "close":
        events.push("closed");
        break;
      case "keep-alive":
        events.push("asked");
        break;
    }
  }
}
