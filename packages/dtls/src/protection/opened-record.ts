import { maximumPlaintextLength } from "../record/record-header.ts";

/** Room for the longest content, its content type and some padding. */
export const longestPlaintext: number = maximumPlaintextLength + 2048;

/**
 * Where a `RecordOpener` puts what it opened. One object serves all connections of an endpoint; the next record
 * overwrites it.
 */
export class OpenedRecord {
  readonly bytes: Uint8Array = new Uint8Array(longestPlaintext);
  /** The real content type. A peer may send any number from 1 on. */
  type = 0;
  /** Bytes of the content, without content type and padding. */
  length = 0;
  /** Whether the record's number is higher than all before it in its epoch (RFC 9146 section 6). */
  isNewest = false;

  /** A view of the content, valid until the next record is opened. */
  get content(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}
