import { ContentType } from "./content-type.ts";
import {
  connectionIdOffset,
  maximumFragmentLength,
  versionDtls10,
  versionDtls12,
} from "./record-header.ts";

/**
 * Walks over the records of one datagram after the other, without allocating and without throwing:
 * `start(datagram)`, then `while (cursor.next())`. The fields describe the current record.
 */
export class RecordCursor {
  /** Length of the Connection IDs that the reader of these records gave out; 0 when it wants none. */
  readonly connectionIdLength: number;
  datagram: Uint8Array = noBytes;
  /** Outer content type, 20 to 63. */
  type = 0;
  epoch = 0;
  /** 48 bits. */
  sequence = 0;
  /** Where the record starts in the datagram. */
  recordOffset = 0;
  /** Where the Connection ID starts; only meaningful where `type` is tls12_cid. */
  connectionIdOffset = 0;
  fragmentOffset = 0;
  fragmentLength = 0;
  /** True once `next` has met bytes that are no record; what follows them cannot be found any more. */
  isMalformed = false;
  #next = 0;

  /** @param connectionIdLength 0 to 255; records of type tls12_cid are malformed where it is 0. */
  constructor(connectionIdLength: number) {
    this.connectionIdLength = connectionIdLength;
  }

  start(datagram: Uint8Array): void {
    this.datagram = datagram;
    this.isMalformed = datagram.length === 0;
    this.#next = 0;
  }

  /** Goes to the next record; false at the end of the datagram or where it is malformed. */
  next(): boolean {
    const datagram = this.datagram;
    const at = this.#next;
    if (at === datagram.length || this.isMalformed) {
      return false;
    }
    const end = recordEnd(datagram, at, this.connectionIdLength);
    if (end < 0) {
      this.isMalformed = true;
      return false;
    }
    const type = datagram[at] ?? 0;
    const body =
      at + connectionIdOffset + 2 + (type === ContentType.tls12Cid ? this.connectionIdLength : 0);
    this.type = type;
    this.epoch = uint16(datagram, at + 3);
    this.sequence =
      uint16(datagram, at + 5) * 0x100000000 +
      uint16(datagram, at + 7) * 0x10000 +
      uint16(datagram, at + 9);
    this.recordOffset = at;
    this.connectionIdOffset = at + connectionIdOffset;
    this.fragmentOffset = body;
    this.fragmentLength = end - body;
    this.#next = end;
    return true;
  }
}

/**
 * Where the record that starts at `at` ends, or -1 when there is no complete DTLS 1.2 record. The version may be that of
 * DTLS 1.0 in epoch 0 only, where a peer cannot know better yet (RFC 6347 section 4.2.1).
 */
export function recordEnd(datagram: Uint8Array, at: number, connectionIdLength: number): number {
  const type = datagram[at] ?? 0;
  if (type < ContentType.changeCipherSpec || type > 63) {
    return -1;
  }
  let lengthAt = at + connectionIdOffset;
  if (type === ContentType.tls12Cid) {
    if (connectionIdLength === 0) {
      return -1;
    }
    lengthAt += connectionIdLength;
  }
  if (lengthAt + 2 > datagram.length) {
    return -1;
  }
  const version = uint16(datagram, at + 1);
  if (
    version !== versionDtls12 &&
    (version !== versionDtls10 || type === ContentType.tls12Cid || uint16(datagram, at + 3) !== 0)
  ) {
    return -1;
  }
  const length = uint16(datagram, lengthAt);
  const end = lengthAt + 2 + length;
  return length > maximumFragmentLength || end > datagram.length ? -1 : end;
}

const noBytes = new Uint8Array(0);

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
