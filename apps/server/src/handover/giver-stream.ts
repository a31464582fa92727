import { performance } from "node:perf_hooks";
import type { Connection } from "@dtls-cluster/dtls";
import type { NodeState, StateHeader } from "@dtls-cluster/state";
import { StateWriter } from "@dtls-cluster/state";
import { nodeSha256 } from "@dtls-cluster/state/node";
import type { SecureCoap } from "../node/secure-coap.ts";
import { type ConnectionTransfer, isQuiet } from "./connection-transfer.ts";

export interface GiverStreamOptions {
  readonly secure: SecureCoap;
  readonly transfer: ConnectionTransfer;
  /** The line before the state. */
  readonly preamble: string;
  readonly header: StateHeader;
  readonly staleMs: number;
  readonly clock: () => number;
  /** The receiver took something. */
  readonly progress: () => void;
  /** Everything was sent, but for the little that changed meanwhile. */
  readonly drained: () => void;
  /** Told what is thrown while copying. */
  readonly failed: (error: unknown) => void;
}

/** What a stream carried. */
export interface StreamFigures {
  readonly connections: number;
  readonly rounds: number;
  /** Connections that were sent while nobody served. */
  readonly delta: number;
  readonly bytes: number;
  readonly preCopyMs: number;
}

/** Longest time without serving while copying, in milliseconds. */
const SLICE_MS = 2;
/** Chunks that may wait for the receiver. */
const MAX_BACKLOG = 8;
/** A difference of so few connections is worth the freeze. */
const SMALL_DELTA = 64;
/** A receiver that does not say so is not waited for any longer. */
const ACKNOWLEDGE_MS = 1000;
const MAX_ROUNDS = 30;
const KEEP_ALIVE_MS = 4000;

/**
 * The stream of one attempt. Copies all connections while they are in use, then again those that changed,
 * and so on until the rest is small; the end of it is sent while nobody serves.
 */
export class GiverStream {
  readonly #options: GiverStreamOptions;
  readonly #writer: StateWriter;
  readonly #marks = new Map<Connection, number>();
  readonly #removed: Connection[] = [];
  readonly #startedAt = performance.now();
  #queue: Connection[] = [];
  #next = 0;
  #rounds = 0;
  #lastRound = Number.POSITIVE_INFINITY;
  #chunks: Uint8Array[] = [];
  #wake: (() => void) | undefined;
  /** The receiver has to take something before copying goes on. */
  #isBlocked = false;
  #state: "copying" | "drained" | "ended" | "closed" | "cancelled" = "copying";
  #bytes = 0;
  #delta = 0;
  #preCopyMs = 0;
  #keepAlive: NodeJS.Timeout | undefined;
  #isAsking = false;
  #askTimer: NodeJS.Timeout | undefined;

  constructor(options: GiverStreamOptions) {
    this.#options = options;
    this.#writer = new StateWriter({
      header: options.header,
      sha256: nodeSha256,
      staleMs: options.staleMs,
    });
    this.#chunks.push(new TextEncoder().encode(options.preamble));
    this.#queue = this.#transferable(() => true);
    this.#isBlocked = true;
    this.#resume();
  }

  get figures(): StreamFigures {
    return {
      connections: this.#marks.size,
      rounds: this.#rounds,
      delta: this.#delta,
      bytes: this.#bytes,
      preCopyMs: this.#preCopyMs,
    };
  }

  /** Whether the receiver has the connection. */
  has(connection: Connection): boolean {
    return this.#marks.has(connection);
  }

  /** The bytes for the receiver; ends with the stream. */
  async *chunks(): AsyncGenerator<Uint8Array, void, void> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#bytes += chunk.length;
        yield chunk;
        this.#options.progress();
        this.#resume();
        continue;
      }
      if (this.#state === "closed" || this.#state === "cancelled") return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The receiver has imported all that it was sent when it was asked. */
  acknowledge(): void {
    if (!this.#isAsking) return;
    this.#isAsking = false;
    clearTimeout(this.#askTimer);
    // The answer leaves first, so that its connection is free for the activation.
    setImmediate(() => this.#step(() => this.#endRound()));
  }

  /** Nobody serves now: the difference, for a copy that is whole. */
  sendDelta(node: NodeState): void {
    const { transfer } = this.#options;
    this.#writer.freeze();
    this.#writer.node(node);
    const changed = this.#transferable((connection) => {
      const mark = this.#marks.get(connection);
      return mark === undefined || transfer.hasChanged(connection, mark);
    });
    for (const connection of changed) this.#write(connection);
    this.#delta = changed.length;
    this.#writeRemovals();
  }

  /** The end mark. */
  end(): void {
    this.#writer.end();
    this.#state = "ended";
    this.#release();
    this.#keepAlive = setInterval(() => {
      this.#writer.keepAlive();
      this.#release();
    }, KEEP_ALIVE_MS).unref();
  }

  /** A connection that was completed after the end mark. */
  late(connection: Connection): void {
    const moved = this.#options.transfer.move(connection, this.#options.clock());
    if (moved === undefined || this.#state !== "ended") return;
    this.#writer.late(moved.state, moved.coap);
    this.#release();
  }

  /** Nothing follows. */
  close(): void {
    if (this.#state !== "ended") return;
    this.#writer.close();
    this.#finish("closed");
  }

  cancel(): void {
    if (this.#state !== "closed") this.#finish("cancelled");
  }

  /** The connection is gone, also for the receiver. */
  forget(connection: Connection): void {
    if (this.#marks.delete(connection)) this.#removed.push(connection);
  }

  #finish(state: "closed" | "cancelled"): void {
    clearInterval(this.#keepAlive);
    clearTimeout(this.#askTimer);
    this.#state = state;
    this.#release();
  }

  #transferable(filter: (connection: Connection) => boolean): Connection[] {
    const now = this.#options.clock();
    const found: Connection[] = [];
    for (const connection of this.#options.secure.dtls.connections()) {
      if (!isQuiet(connection, now) && filter(connection)) found.push(connection);
    }
    return found;
  }

  readonly #copy = (): void => this.#step(() => this.#slice());

  #step(work: () => void): void {
    if (this.#state !== "copying") return;
    try {
      work();
    } catch (error) {
      this.#options.failed(error);
      return;
    }
    this.#release();
    this.#isBlocked = this.#isAsking || this.#chunks.length > this.#maxBacklog;
    if (!this.#isBlocked) setImmediate(this.#copy);
  }

  /** Goes on when the receiver took what was in the way. */
  #resume(): void {
    if (!this.#isBlocked || this.#isAsking || this.#chunks.length > this.#maxBacklog) return;
    this.#isBlocked = false;
    setImmediate(this.#copy);
  }

  /** What is still on its way to the receiver at the end of a round would delay the difference. */
  get #maxBacklog(): number {
    return this.#next < this.#queue.length ? MAX_BACKLOG : 0;
  }

  #slice(): void {
    const end = performance.now() + SLICE_MS;
    while (this.#next < this.#queue.length) {
      const connection = this.#queue[this.#next] as Connection;
      this.#next += 1;
      if (connection.phase === "connected") this.#write(connection);
      if ((this.#next & 15) === 0 && performance.now() > end) return;
    }
    this.#writer.flush();
    if (this.#chunks.length > 0) return;
    this.#ask();
  }

  /** Lets the receiver answer a keep-alive when it has come to it. */
  #ask(): void {
    this.#isAsking = true;
    this.#writer.keepAlive();
    this.#askTimer = setTimeout(() => this.acknowledge(), ACKNOWLEDGE_MS).unref();
  }

  #endRound(): void {
    const { transfer, drained } = this.#options;
    this.#rounds += 1;
    const changed = this.#transferable((connection) => {
      const mark = this.#marks.get(connection);
      return mark === undefined || transfer.hasChanged(connection, mark);
    });
    const isSmall = changed.length <= SMALL_DELTA;
    const isStuck = this.#rounds > 16 && changed.length > 0.8 * this.#lastRound;
    if (isSmall || isStuck || this.#rounds >= MAX_ROUNDS) {
      this.#state = "drained";
      this.#preCopyMs = performance.now() - this.#startedAt;
      drained();
      return;
    }
    this.#lastRound = changed.length;
    this.#queue = changed;
    this.#next = 0;
  }

  #write(connection: Connection): void {
    const { transfer, clock } = this.#options;
    const moved = transfer.copy(connection, this.#marks.get(connection) ?? 0, clock());
    if (moved === undefined) return;
    this.#writer.connection(moved.state, moved.coap);
    this.#marks.set(connection, moved.coap?.mark ?? 0);
  }

  #writeRemovals(): void {
    for (const { readConnectionId, path } of this.#removed.splice(0)) {
      this.#writer.remove({ readConnectionId, peer: { address: path.address, port: path.port } });
    }
  }

  #release(): void {
    for (let chunk = this.#writer.takeChunk(); chunk !== undefined; ) {
      this.#chunks.push(chunk);
      chunk = this.#writer.takeChunk();
    }
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
