import { DecodeError } from "./decode-error.ts";

/**
 * Reads big-endian fields of a handshake body (RFC 5246 section 4). Every read is bounds-checked and throws
 * {@link DecodeError}; not for the per-record path, which reads through `RecordCursor` without exceptions.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #position: number;

  /** Reads `bytes` from `start` up to, not including, `end`. */
  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    if (start < 0 || end > bytes.length || start > end) {
      throw new DecodeError("reader range lies outside of its bytes");
    }
    // Node's Buffer is a Uint8Array whose slice() makes no copy; the views given out must not be Buffers.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#position = start;
    this.#end = end;
  }

  /** Offset of the next byte in the bytes given to the constructor. */
  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.#end - this.#position;
  }

  uint8(): number {
    return this.#byte(this.#take(1));
  }

  uint16(): number {
    const at = this.#take(2);
    return (this.#byte(at) << 8) | this.#byte(at + 1);
  }

  uint24(): number {
    const at = this.#take(3);
    return (this.#byte(at) << 16) | (this.#byte(at + 1) << 8) | this.#byte(at + 2);
  }

  uint32(): number {
    return this.uint16() * 0x10000 + this.uint16();
  }

  /** A view of the next `length` bytes; copy it to keep it longer than the datagram. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** A view of everything that is left. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** `opaque value<minimum..maximum>` with a length of one byte; a view. */
  opaque8(minimum = 0, maximum = 0xff): Uint8Array {
    return this.#opaque(this.uint8(), minimum, maximum);
  }

  /** `opaque value<minimum..maximum>` with a length of two bytes; a view. */
  opaque16(minimum = 0, maximum = 0xffff): Uint8Array {
    return this.#opaque(this.uint16(), minimum, maximum);
  }

  /** `opaque value<minimum..maximum>` with a length of three bytes; a view. */
  opaque24(minimum = 0, maximum = 0xffffff): Uint8Array {
    return this.#opaque(this.uint24(), minimum, maximum);
  }

  /** Decodes a vector with a length of one byte; `decode` must consume all of it. */
  vector8<T>(decode: (reader: Reader) => T): T {
    return this.#vector(this.uint8(), decode);
  }

  /** Decodes a vector with a length of two bytes; `decode` must consume all of it. */
  vector16<T>(decode: (reader: Reader) => T): T {
    return this.#vector(this.uint16(), decode);
  }

  /** Decodes a vector with a length of three bytes; `decode` must consume all of it. */
  vector24<T>(decode: (reader: Reader) => T): T {
    return this.#vector(this.uint24(), decode);
  }

  /** Throws {@link DecodeError} when bytes are left. */
  end(): void {
    if (this.#position !== this.#end) {
      throw new DecodeError(`${this.remaining} bytes behind the end`);
    }
  }

  #vector<T>(length: number, decode: (reader: Reader) => T): T {
    const at = this.#take(length);
    const inner = new Reader(this.#bytes, at, at + length);
    const value = decode(inner);
    inner.end();
    return value;
  }

  #opaque(length: number, minimum: number, maximum: number): Uint8Array {
    if (length < minimum || length > maximum) {
      throw new DecodeError(`length ${length} is not within ${minimum} to ${maximum}`);
    }
    return this.bytes(length);
  }

  #take(length: number): number {
    const at = this.#position;
    if (length > this.#end - at) {
      throw new DecodeError(`${length} bytes needed, ${this.#end - at} left`);
    }
    this.#position = at + length;
    return at;
  }

  #byte(at: number): number {
    return this.#bytes[at] ?? 0;
  }
}
