import type { Unpackr } from "msgpackr";
import { type UnpackedConnection, unpackConnection } from "./connection-item.ts";
import { FieldReader, type PositionSource } from "./field-reader.ts";
import type { PackedConnection } from "./items.ts";

/** A connection item within the frame that it came in. */
export class PackedItem implements PackedConnection {
  readonly #frame: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  readonly #source: PackedItemSource;

  constructor(frame: Uint8Array, start: number, end: number, source: PackedItemSource) {
    this.#frame = frame;
    this.#start = start;
    this.#end = end;
    this.#source = source;
  }

  unpack(): UnpackedConnection {
    const { unpackr, elapsedMs } = this.#source;
    const values: unknown = unpackr.unpack(this.#frame.subarray(this.#start, this.#end));
    const fields = new FieldReader(Array.isArray(values) ? values : [], this.#source, 1);
    return unpackConnection(fields, elapsedMs);
  }
}

/** What the items of one stream share. */
export interface PackedItemSource extends PositionSource {
  readonly unpackr: Unpackr;
  readonly elapsedMs: number;
}
