import { utf8Bytes } from "../utf8.ts";
import { CaliforniumStateError } from "./errors.ts";

/** Writes the primitives that {@link ByteReader} reads. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Unsigned, of 1 to 6 bytes. */
  uint(value: number, length: number): void {
    const at = this.#grow(length);
    let rest = value;
    for (let i = length - 1; i >= 0; i -= 1) {
      this.#bytes[at + i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }

  int64(value: bigint): void {
    const bits = BigInt.asUintN(64, value);
    this.uint(Number(bits >> 32n), 4);
    this.uint(Number(bits & 0xffff_ffffn), 4);
  }

  flag(value: boolean): void {
    this.uint(value ? 1 : 0, 1);
  }

  bytes(value: Uint8Array): void {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
  }

  /** A byte string behind its length; undefined becomes null (all bits of the length set). */
  var(value: Uint8Array | undefined, lengthBytes: 1 | 2): void {
    const none = 256 ** lengthBytes - 1;
    if (value !== undefined && value.length >= none) throw tooLong(value.length, none - 1);
    this.uint(value?.length ?? none, lengthBytes);
    if (value !== undefined) this.bytes(value);
  }

  text(value: string, lengthBytes: 1 | 2): void {
    this.var(utf8Bytes(value), lengthBytes);
  }

  /** An item: the length is filled in when `content` has been written. */
  item(version: number, lengthBytes: 1 | 2, content: () => void): void {
    this.uint(version, 1);
    const lengthAt = this.#grow(lengthBytes);
    content();
    const length = this.#length - lengthAt - lengthBytes;
    if (length >= 256 ** lengthBytes) throw tooLong(length, 256 ** lengthBytes - 1);
    for (let i = 0; i < lengthBytes; i += 1) {
      this.#bytes[lengthAt + i] = length >>> (8 * (lengthBytes - 1 - i));
    }
  }

  /** Drops what was written after `length` bytes. */
  cutTo(length: number): void {
    this.#bytes.fill(0, length, this.#length);
    this.#length = length;
  }

  /** A copy of everything that was written. */
  finished(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(by: number): number {
    const at = this.#length;
    this.#length += by;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length));
      larger.set(this.#bytes.subarray(0, at));
      // The old buffer held keys.
      this.#bytes.fill(0);
      this.#bytes = larger;
    }
    return at;
  }
}

function tooLong(length: number, limit: number): CaliforniumStateError {
  return new CaliforniumStateError("CALIFORNIUM_USAGE", `${length} bytes do not fit in ${limit}`);
}
