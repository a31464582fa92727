import { type UnpackedConnection, unpackConnection } from "./connection-item.ts";
import { FieldReader, type PositionSource } from "./field-reader.ts";
import type { PackedConnection } from "./items.ts";
import type { MessagePackCursor } from "./message-pack-cursor.ts";

/** A connection item within the frame that it came in. */
export class PackedItem implements PackedConnection {
  readonly #frame: PackedFrame;
  /** Of the first position after the kind. */
  readonly #start: number;
  readonly #positions: number;

  constructor(frame: PackedFrame, start: number, positions: number) {
    this.#frame = frame;
    this.#start = start;
    this.#positions = positions;
  }

  unpack(): UnpackedConnection {
    const { cursor, source } = this.#frame;
    cursor.at = this.#start;
    const fields = new FieldReader(cursor, this.#positions, source);
    return unpackConnection(fields, source.elapsedMs);
  }
}

/** What the items of one frame share. */
export interface PackedFrame {
  /** Moved by whoever uses it. */
  readonly cursor: MessagePackCursor;
  readonly source: PackedItemSource;
}

/** What the items of one stream share. */
export interface PackedItemSource extends PositionSource {
  readonly elapsedMs: number;
}
