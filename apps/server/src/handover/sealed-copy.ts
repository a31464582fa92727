import { performance } from "node:perf_hooks";
import type { Connection } from "@dtls-cluster/dtls";
import { StagedImport, StateReader, StateWriter } from "@dtls-cluster/state";
import { nodeSha256 } from "@dtls-cluster/state/node";
import type { SecureCoap } from "../node/secure-coap.ts";
import type { ConnectionTransfer } from "./connection-transfer.ts";

const SLICE_MS = 2;

export interface SealedCopyOptions {
  readonly secure: SecureCoap;
  readonly transfer: ConnectionTransfer;
  readonly nodeId: number;
  readonly clock: () => number;
  /** All connections have left the endpoint. */
  readonly done: () => void;
}

/**
 * Moves all connections out of the endpoint, so that it cannot seal for them any more, and keeps them packed
 * for the case that the process they were handed to dies.
 */
export class SealedCopy {
  readonly #options: SealedCopyOptions;
  readonly #filter: (connection: Connection) => boolean;
  #queue: readonly Connection[] | undefined;
  readonly #writer: StateWriter;
  #next = 0;
  #chunks: Uint8Array[] = [];
  #isKept = true;
  #isDone = false;

  /** @param filter the connections that shall leave; the others end their handshakes first. */
  constructor(options: SealedCopyOptions, filter: (connection: Connection) => boolean) {
    this.#options = options;
    this.#writer = new StateWriter({
      header: { nodeId: options.nodeId, generation: 0, createdAt: 0 },
      sha256: nodeSha256,
    });
    this.#filter = filter;
    // The acknowledgement leaves first, then what waited; until then the gate keeps the connections from use.
    setImmediate(() => setImmediate(this.#slice));
  }

  /** Gives the copy up; connections that are still in the endpoint leave it all the same. */
  drop(): void {
    this.#isKept = false;
    for (const chunk of this.#chunks) chunk.fill(0);
    this.#chunks = [];
  }

  /** Puts everything back into the endpoint. */
  restore(): void {
    this.#moveUntil(Number.POSITIVE_INFINITY);
    if (!this.#isKept) return;
    this.#writer.end();
    this.#writer.close();
    this.#collect();
    const { clock, transfer } = this.#options;
    const reader = new StateReader({ sha256: nodeSha256 });
    const stage = new StagedImport();
    for (const chunk of this.#chunks) for (const item of reader.push(chunk)) stage.accept(item);
    for (const { state, coap } of stage.commit().connections) {
      transfer.take({ state, coap: coap[0] }, undefined, clock());
    }
    this.drop();
  }

  readonly #slice = (): void => {
    if (this.#isDone) return;
    this.#moveUntil(performance.now() + SLICE_MS);
    if (!this.#isDone) setImmediate(this.#slice);
  };

  #moveUntil(end: number): void {
    if (this.#isDone) return;
    const { secure, transfer, clock } = this.#options;
    this.#queue ??= [...secure.dtls.connections()].filter(this.#filter);
    const queue = this.#queue;
    while (this.#next < queue.length) {
      const moved = transfer.move(queue[this.#next] as Connection, clock());
      this.#next += 1;
      if (moved !== undefined && this.#isKept) this.#writer.connection(moved.state, moved.coap);
      if ((this.#next & 15) === 0 && performance.now() > end) break;
    }
    this.#collect();
    if (this.#next < queue.length) return;
    this.#isDone = true;
    this.#options.done();
  }

  #collect(): void {
    for (let chunk = this.#writer.takeChunk(); chunk !== undefined; ) {
      if (this.#isKept) this.#chunks.push(chunk);
      else chunk.fill(0);
      chunk = this.#writer.takeChunk();
    }
  }
}
