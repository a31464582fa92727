import type { CoapPeerState } from "@dtls-cluster/coap";
import type { ConnectionState } from "@dtls-cluster/dtls";
import { Packr } from "msgpackr";
import { packConnection, packRemoval } from "./connection-item.ts";
import { StateError } from "./errors.ts";
import {
  DIGEST_LENGTH,
  encodePrefix,
  FRAME_HEAD_LENGTH,
  FRAME_TAIL_LENGTH,
  MAJOR_VERSION,
  MINOR_VERSION,
  writeFrameHead,
  writeFrameTail,
} from "./frame.ts";
import {
  type ConnectionName,
  ItemKind,
  type NodeState,
  type StateHeader,
  type StateSummary,
} from "./items.ts";
import { MessagePackWriter } from "./message-pack-writer.ts";

/** SHA-256 of `data`: 32 bytes. */
export type Sha256 = (data: Uint8Array) => Uint8Array;

export interface StateWriterOptions {
  readonly header: StateHeader;
  readonly sha256: Sha256;
  /** Connections idle for longer are left out and counted. Default: none is. */
  readonly staleMs?: number;
  /** Payload at which a frame is closed, in bytes, 1 to 1 048 576. Default 65 536. */
  readonly frameBytes?: number;
}

/** The largest item that is written, in bytes: more than 100 times what deduplication may hold. */
export const MAX_ITEM_BYTES: number = 1 << 20;

type Phase = "open" | "frozen" | "ended" | "closed";

/**
 * Turns states into the bytes of a stream. Nothing is held but one unfinished frame: take the chunks
 * with {@link takeChunk} as fast as the receiver wants them, and write on in between.
 */
export class StateWriter {
  readonly #options: StateWriterOptions;
  readonly #frameBytes: number;
  readonly #packr: Packr = new Packr({ useRecords: false, encodeUndefinedAsNil: true });
  readonly #item: MessagePackWriter = new MessagePackWriter();
  readonly #chunks: Uint8Array[] = [];
  /** Digest of what came before, then the payload; a frame's head and tail are added in place. */
  #buffer: Uint8Array;
  #length: number = DIGEST_LENGTH;
  #phase: Phase = "open";
  #connections = 0;
  #removals = 0;
  #skipped = 0;
  #items = 0;

  constructor(options: StateWriterOptions) {
    const frameBytes = options.frameBytes ?? 65_536;
    if (!(frameBytes >= 1 && frameBytes <= MAX_ITEM_BYTES)) {
      throw new StateError("STATE_USAGE", `frameBytes is ${frameBytes}: 1 to ${MAX_ITEM_BYTES}`);
    }
    this.#options = options;
    this.#frameBytes = frameBytes;
    const prefix = encodePrefix(MAJOR_VERSION, MINOR_VERSION);
    this.#chunks.push(prefix);
    this.#buffer = this.#nextBuffer(options.sha256(prefix));
    const { nodeId, generation, createdAt, attributes } = options.header;
    const header = { nodeId, generation, createdAt };
    this.#write([ItemKind.header, attributes === undefined ? header : { ...header, attributes }]);
  }

  node(state: NodeState): void {
    this.#expect("node", "open", "frozen");
    const { nodeId, generation, cookieSecret, wallTime } = state;
    this.#write([ItemKind.node, { nodeId, generation, cookieSecret, wallTime }]);
  }

  /**
   * Writes a connection; a later one with the same name replaces it, and its CoAP state (which may be
   * only what came since) is used on top of the earlier one.
   * @returns false when it was left out because it is stale.
   */
  connection(state: ConnectionState, coap?: CoapPeerState): boolean {
    this.#expect("connection", "open", "frozen");
    if (state.idleMs > (this.#options.staleMs ?? Number.POSITIVE_INFINITY)) {
      this.#skipped += 1;
      return false;
    }
    this.#item.clear();
    packConnection(this.#item, ItemKind.connection, state, coap);
    this.#append(this.#item.written);
    this.#connections += 1;
    return true;
  }

  /** Takes a connection back that was written before and is closed now. */
  remove(name: ConnectionName): void {
    this.#expect("remove", "open", "frozen");
    this.#item.clear();
    packRemoval(this.#item, ItemKind.removal, name);
    this.#append(this.#item.written);
    this.#removals += 1;
  }

  /** Says that this side has stopped opening records, and lets out what is written so far. */
  freeze(): void {
    this.#expect("freeze", "open");
    this.#phase = "frozen";
    this.#write([ItemKind.freeze]);
    this.flush();
  }

  /** Says that everything was written; the reader may use it from here on. */
  end(): StateSummary {
    this.#expect("end", "open", "frozen");
    this.#phase = "ended";
    const summary: StateSummary = {
      connections: this.#connections,
      removals: this.#removals,
      skipped: this.#skipped,
      items: this.#items,
    };
    this.#write([ItemKind.end, { ...summary }]);
    this.flush();
    return summary;
  }

  /** Writes a connection that was completed after the end mark. */
  late(state: ConnectionState, coap?: CoapPeerState): void {
    this.#expect("late", "ended");
    this.#item.clear();
    packConnection(this.#item, ItemKind.late, state, coap);
    this.#append(this.#item.written);
    this.flush();
  }

  /** Writes an item without a meaning, so that the reader's idle limit is not reached. */
  keepAlive(): void {
    this.#expect("keepAlive", "open", "frozen", "ended");
    this.#write([ItemKind.keepAlive]);
    this.flush();
  }

  /** Says that nothing follows. */
  close(): void {
    this.#expect("close", "ended");
    this.#phase = "closed";
    this.#write([ItemKind.close]);
    this.flush();
    this.#item.wipe();
  }

  /** The next finished piece of the stream, owned by the caller; undefined when there is none yet. */
  takeChunk(): Uint8Array | undefined {
    return this.#chunks.shift();
  }

  /** Finishes the frame in progress, so that {@link takeChunk} gives it out. */
  flush(): void {
    const payload = this.#length - DIGEST_LENGTH;
    if (payload === 0) return;
    const digest = this.#options.sha256(this.#buffer.subarray(0, this.#length));
    const start = DIGEST_LENGTH - FRAME_HEAD_LENGTH;
    writeFrameHead(this.#buffer, start, payload);
    writeFrameTail(this.#buffer, this.#length, digest);
    this.#chunks.push(this.#buffer.subarray(start, this.#length + FRAME_TAIL_LENGTH));
    this.#buffer = this.#nextBuffer(digest);
    this.#length = DIGEST_LENGTH;
  }

  #write(values: readonly unknown[]): void {
    this.#append(this.#packr.pack(values));
  }

  #append(item: Uint8Array): void {
    if (item.length > MAX_ITEM_BYTES) {
      throw new StateError(
        "STATE_LIMIT",
        `an item of ${item.length} bytes: ${MAX_ITEM_BYTES} at most`,
      );
    }
    const room = this.#buffer.length - FRAME_TAIL_LENGTH - this.#length;
    if (item.length > room) {
      this.flush();
      this.#reserve(item.length);
    }
    this.#buffer.set(item, this.#length);
    this.#length += item.length;
    this.#items += 1;
    if (this.#length - DIGEST_LENGTH >= this.#frameBytes) this.flush();
  }

  #nextBuffer(digest: Uint8Array): Uint8Array {
    const buffer = new Uint8Array(DIGEST_LENGTH + this.#frameBytes + FRAME_TAIL_LENGTH);
    buffer.set(digest);
    return buffer;
  }

  /** Makes room for one item that is larger than a usual frame. */
  #reserve(itemLength: number): void {
    const needed = DIGEST_LENGTH + itemLength + FRAME_TAIL_LENGTH;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(needed);
    larger.set(this.#buffer.subarray(0, DIGEST_LENGTH));
    this.#buffer = larger;
  }

  #expect(call: string, ...phases: readonly Phase[]): void {
    if (phases.includes(this.#phase)) return;
    throw new StateError("STATE_USAGE", `${call}: the stream is ${this.#phase}`);
  }
}
