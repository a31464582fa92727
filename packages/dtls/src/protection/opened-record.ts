import { maximumPlaintextLength } from "../record/record-header.ts";

/**
 * Where a `RecordOpener` puts what it opened. One object serves all connections of an endpoint; the next record
 * overwrites it.
 */
export class OpenedRecord {
  /** Room for the longest plaintext, its content type and some padding. */
  readonly bytes: Uint8Array = new Uint8Array(maximumPlaintextLength + 2048);
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
