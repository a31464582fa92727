import {
  maximumPlaintextLength,
  maximumSequence,
  recordHeaderLength,
  writeRecordHeader,
} from "../record/record-header.ts";

/** Puts records of one epoch into datagrams; what a flight writes through, whether it is encrypted or not. */
export interface RecordWriter {
  readonly epoch: number;
  /** Bytes that a record takes besides its content. */
  readonly overhead: number;
  /**
   * Writes one record with the content `source[start, end)` to `target` from `offset` on, where the content, 2^14
   * bytes at most, and `overhead` bytes have room (RangeError otherwise). Each call takes a new sequence number.
   * Returns the offset behind the record, or 0 when no more records may be written.
   */
  write(
    type: number,
    source: Uint8Array,
    start: number,
    end: number,
    target: Uint8Array,
    offset: number,
  ): number;
}

/** Writes the records of epoch 0, which are not protected. */
export class PlainRecordWriter implements RecordWriter {
  readonly epoch = 0;
  readonly overhead: number = recordHeaderLength;
  #nextSequence: number;

  constructor(nextSequence = 0) {
    this.#nextSequence = nextSequence;
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  write(
    type: number,
    source: Uint8Array,
    start: number,
    end: number,
    target: Uint8Array,
    offset: number,
  ): number {
    const sequence = this.#nextSequence;
    if (sequence > maximumSequence) {
      return 0;
    }
    checkRoom(target, offset + recordHeaderLength + end - start, end - start);
    this.#nextSequence = sequence + 1;
    const body = writeRecordHeader(target, offset, type, 0, sequence, undefined, end - start);
    target.set(source.subarray(start, end), body);
    return body + end - start;
  }
}

/** Writing past the end of a typed array, or of a length field, is silent; a record must never be cut that way. */
export function checkRoom(target: Uint8Array, end: number, contentLength: number): void {
  if (end > target.length) {
    throw new RangeError(`record ends at ${end}, its target at ${target.length}`);
  }
  if (contentLength > maximumPlaintextLength) {
    throw new RangeError(`content of ${contentLength} bytes, a record holds 2^14`);
  }
}
