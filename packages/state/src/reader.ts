import { Unpackr } from "msgpackr";
import { type UnpackedConnection, unpackConnection, unpackRemoval } from "./connection-item.ts";
import { StateError, type StateErrorCode, type StatePosition } from "./errors.ts";
import { FieldReader } from "./field-reader.ts";
import { FrameReader } from "./frame-reader.ts";
import {
  ItemKind,
  type NodeState,
  type PackedConnection,
  type StateHeader,
  type StateItem,
} from "./items.ts";
import { unpackHeader, unpackNode, unpackSummary } from "./mark-items.ts";
import { PackedItem } from "./packed-item.ts";
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
  readonly #source: { unpackr: Unpackr; elapsedMs: number; readonly position: StatePosition };
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
      unpackr: new Unpackr({ useRecords: false, int64AsType: "number" }),
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
    const values: unknown[] = [];
    const ends: number[] = [];
    // Nothing is read within the callback: msgpackr is not reentrant and marks errors of others.
    this.#source.unpackr.unpackMultiple(
      payload,
      (value: unknown, _start?: number, end?: number) => {
        values.push(value);
        ends.push(end ?? payload.length);
      },
    );
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i];
      if (!Array.isArray(value) || typeof value[0] !== "number") {
        throw this.#error("STATE_ITEM", "an item is no array that begins with its kind");
      }
      const packed = new PackedItem(payload, ends[i - 1] ?? 0, ends[i] ?? 0, this.#source);
      const item = this.#readItem(value[0], value, packed);
      this.#items += 1;
      if (item !== undefined) items.push(item);
    }
  }

  #readItem(
    kind: number,
    value: readonly unknown[],
    packed: PackedConnection,
  ): StateItem | undefined {
    this.#checkOrder(kind);
    const body = value[1];
    switch (kind) {
      case ItemKind.header:
        return { kind: "header", header: this.#openWith(unpackHeader(body, this.position)) };
      case ItemKind.node:
        return { kind: "node", node: this.#node(body) };
      case ItemKind.connection: {
        const { state, coap } = this.#connection(value);
        this.#connections += 1;
        return { kind: "connection", state, coap, packed };
      }
      case ItemKind.late: {
        const { state, coap } = this.#connection(value);
        return { kind: "late", state, coap };
      }
      case ItemKind.removal:
        this.#removals += 1;
        return { kind: "removal", name: unpackRemoval(this.#fields(value)) };
      case ItemKind.freeze:
        return { kind: "freeze" };
      case ItemKind.keepAlive:
        return { kind: "keep-alive" };
      case ItemKind.end:
        return this.#endWith(body);
      case ItemKind.close:
        this.#phase = "closed";
        return { kind: "close" };
      default:
        return undefined;
    }
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

  #node(body: unknown): NodeState {
    return unpackNode(body, this.position);
  }

  #endWith(body: unknown): StateItem {
    const summary = unpackSummary(body, this.position);
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

  #connection(value: readonly unknown[]): UnpackedConnection {
    return unpackConnection(this.#fields(value), this.#source.elapsedMs);
  }

  #fields(value: readonly unknown[]): FieldReader {
    return new FieldReader(value, this, 1);
  }

  #error(code: StateErrorCode, message: string, cause?: unknown): StateError {
    return new StateError(code, message, { position: this.position, cause });
  }
}

function isBeforeEnd(kind: number): boolean {
  return kind <= ItemKind.end;
}
