import { Unpackr } from "msgpackr";
import { unpackConnection, unpackRemoval } from "./connection-item.ts";
import { StateError, type StateErrorCode, type StatePosition } from "./errors.ts";
import { FieldReader } from "./field-reader.ts";
import { FrameReader } from "./frame-reader.ts";
import {
  ItemKind,
  type PackedConnection,
  type StateHeader,
  type StateItem,
  type StateSummary,
} from "./items.ts";
import { unpackHeader, unpackNode, unpackSummary } from "./mark-items.ts";
import { MessagePackCursor } from "./message-pack-cursor.ts";
import { type PackedFrame, PackedItem } from "./packed-item.ts";
import type { Sha256 } from "./writer.ts";

export interface StateReaderOptions {
  readonly sha256: Sha256;
  /**
   * Wall-clock milliseconds since 1970 at which a *stored* stream is read: the time since it was
   * written is added to idle times and ages. Undefined for a live stream.
   */
  readonly wallTime?: number;
  /** The largest frame that is accepted, in bytes. Default 2 097 152. */
  readonly maxFrameBytes?: number;
}

type Phase = "start" | "open" | "ended" | "closed" | "failed";

/**
 * Takes the bytes of a stream in chunks of any size and gives out its items. An item comes out only
 * after the checksum of its frame was found correct, and nothing may take effect before the item
 * "end". Memory: one frame.
 */
export class StateReader {
  readonly #options: StateReaderOptions;
  readonly #frames: FrameReader;
  readonly #source: { elapsedMs: number; readonly position: StatePosition };
  readonly #unpackr: Unpackr = new Unpackr({ useRecords: false, int64AsType: "number" });
  #phase: Phase = "start";
  #failure: StateError | undefined;
  #header: StateHeader | undefined;
  #items = 0;
  #connections = 0;
  #removals = 0;

  constructor(options: StateReaderOptions) {
    this.#options = options;
    const position = (): StatePosition => this.position;
    this.#source = {
      elapsedMs: 0,
      get position() {
        return position();
      },
    };
    this.#frames = new FrameReader(
      options.sha256,
      options.maxFrameBytes ?? 1 << 21,
      () => this.#items,
    );
  }

  /** True from the end mark on: all items before it are complete and intact. */
  get isComplete(): boolean {
    return this.#phase === "ended" || this.#phase === "closed";
  }

  /** The stream's header, once it was read. */
  get header(): StateHeader | undefined {
    return this.#header;
  }

  get position(): StatePosition {
    return { offset: this.#frames.offset, item: this.#items };
  }

  /**
   * Takes the next bytes and returns the items that they completed, in order.
   * @throws StateError for a broken stream, and from then on with each call. Items of the same chunk
   *   before the break are not returned.
   */
  push(chunk: Uint8Array): readonly StateItem[] {
    if (this.#failure !== undefined) throw this.#failure;
    const items: StateItem[] = [];
    try {
      this.#frames.push(chunk, (payload) => this.#readFrame(payload, items));
    } catch (error) {
      this.#fail(error);
    }
    return items;
  }

  /** Call at the end of the bytes. @throws StateError when the close mark was not the end of them. */
  finish(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#phase === "closed") {
      if (this.#frames.pendingBytes === 0) return;
      this.#fail(this.#error("STATE_CORRUPT", "bytes follow the close mark"));
    }
    const missing = this.#phase === "ended" ? "close mark" : "end mark";
    this.#fail(this.#error("STATE_TRUNCATED", `the stream ends without its ${missing}`));
  }

  #fail(error: unknown): never {
    const failure =
      error instanceof StateError
        ? error
        : this.#error("STATE_FORMAT", "a frame does not hold MessagePack items", error);
    this.#failure = failure;
    this.#phase = "failed";
    throw failure;
  }

  #readFrame(payload: Uint8Array, items: StateItem[]): void {
    const cursor = new MessagePackCursor(payload, 0);
    const frame: PackedFrame = { cursor: cursor.fork(), source: this.#source };
    while (!cursor.isAtEnd) {
      const length = cursor.array() ?? 0;
      const kind = length > 0 ? cursor.number() : undefined;
      if (kind === undefined) {
        throw this.#error("STATE_ITEM", "an item is no array that begins with its kind");
      }
      const start = cursor.at;
      const fields = new FieldReader(cursor, length - 1, this);
      const item = this.#readItem(kind, fields, () => new PackedItem(frame, start, length - 1));
      fields.skipRest();
      this.#items += 1;
      if (item !== undefined) items.push(item);
    }
  }

  #readItem(
    kind: number,
    fields: FieldReader,
    packed: () => PackedConnection,
  ): StateItem | undefined {
    this.#checkOrder(kind);
    switch (kind) {
      case ItemKind.header: {
        const header = unpackHeader(this.#map(fields), this.position);
        return { kind: "header", header: this.#openWith(header) };
      }
      case ItemKind.node:
        return { kind: "node", node: unpackNode(this.#map(fields), this.position) };
      case ItemKind.connection: {
        const { state, coap } = unpackConnection(fields, this.#source.elapsedMs);
        this.#connections += 1;
        return { kind: "connection", state, coap, packed: packed() };
      }
      case ItemKind.late: {
        const { state, coap } = unpackConnection(fields, this.#source.elapsedMs);
        return { kind: "late", state, coap };
      }
      case ItemKind.removal:
        this.#removals += 1;
        return { kind: "removal", name: unpackRemoval(fields) };
      case ItemKind.freeze:
        return { kind: "freeze" };
      case ItemKind.keepAlive:
        return { kind: "keep-alive" };
      case ItemKind.end:
        return this.#endWith(unpackSummary(this.#map(fields), this.position));
      case ItemKind.close:
        this.#phase = "closed";
        return { kind: "close" };
      default:
        return undefined;
    }
  }

  /** The map that marks have in the place of positions. */
  #map(fields: FieldReader): unknown {
    const encoded = fields.encoded();
    return encoded && this.#unpackr.unpack(encoded);
  }

  #checkOrder(kind: number): void {
    const isOrdered =
      this.#phase === "start"
        ? kind === ItemKind.header
        : this.#phase === "open"
          ? kind !== ItemKind.header && kind !== ItemKind.late && kind !== ItemKind.close
          : this.#phase === "ended" && !isBeforeEnd(kind);
    if (!isOrdered) {
      throw this.#error(
        "STATE_CORRUPT",
        `an item of kind ${kind} in a stream that is ${this.#phase}`,
      );
    }
  }

  #openWith(header: StateHeader): StateHeader {
    this.#phase = "open";
    this.#header = header;
    const { wallTime } = this.#options;
    // A clock that went back counts as no time at all.
    if (wallTime !== undefined) this.#source.elapsedMs = Math.max(0, wallTime - header.createdAt);
    return header;
  }

  #endWith(summary: StateSummary): StateItem {
    this.#compare("items", summary.items, this.#items);
    this.#compare("connections", summary.connections, this.#connections);
    this.#compare("removals", summary.removals, this.#removals);
    this.#phase = "ended";
    return { kind: "end", summary };
  }

  #compare(what: string, expected: number, seen: number): void {
    if (expected === seen) return;
    throw this.#error("STATE_CORRUPT", `the end mark counts ${expected} ${what}, but ${seen} came`);
  }

  #error(code: StateErrorCode, message: string, cause?: unknown): StateError {
    return new StateError(code, message, { position: this.position, cause });
  }
}

function isBeforeEnd(kind: number): boolean {
  return kind <= ItemKind.end;
}
