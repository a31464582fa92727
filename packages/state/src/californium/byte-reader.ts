import { utf8Text } from "../utf8.ts";
import { CaliforniumStateError, type CaliforniumStateErrorCode } from "./errors.ts";

/** Where a reader and its items are; the stream's reader keeps it up to date for the messages of errors. */
export interface ReadingPlace {
  component: string | undefined;
  item: number | undefined;
}

/** One item: its version, and a reader that sees nothing but its content. */
export interface ReadItem {
  readonly version: number;
  readonly content: ByteReader;
}

/**
 * Reads the primitives of Californium's format: big-endian integers, byte strings and texts behind their length, and
 * items (version, length, content). Every failure is a {@link CaliforniumStateError} with its place.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #place: ReadingPlace;
  readonly #end: number;
  readonly #isWhole: boolean;
  #at: number;

  constructor(
    bytes: Uint8Array,
    place: ReadingPlace,
    start = 0,
    end: number = bytes.length,
    isWhole = true,
  ) {
    // Of a Node.js Buffer, `slice` would be a view.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#place = place;
    this.#at = start;
    this.#end = end;
    this.#isWhole = isWhole;
  }

  /** Bytes from the start of the stream. */
  get offset(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end;
  }

  /** Unsigned, of 1 to 6 bytes. */
  uint(length: number, field: string): number {
    const from = this.#take(length, field);
    let value = 0;
    for (let i = 0; i < length; i += 1) value = value * 256 + (this.#bytes[from + i] ?? 0);
    return value;
  }

  /** A number that must not be above `max`. */
  uintUpTo(max: number, length: number, field: string): number {
    const from = this.#at;
    const value = this.uint(length, field);
    if (value > max) this.failAt(from, `${value} is more than ${max}`, field);
    return value;
  }

  /** 64 bits, two's complement. */
  int64(field: string): bigint {
    return BigInt.asIntN(64, this.uint64(field));
  }

  uint64(field: string): bigint {
    const high = this.uint(4, field);
    return (BigInt(high) << 32n) | BigInt(this.uint(4, field));
  }

  /** 64 bits that hold a number from 0 to 2^53 - 1: a time in milliseconds, a count. */
  amount64(field: string): number {
    const from = this.#at;
    const value = this.uint64(field);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      this.failAt(from, "the number is out of range", field);
    }
    return Number(value);
  }

  /** One byte, 0 or 1. */
  flag(field: string): boolean {
    return this.uintUpTo(1, 1, field) === 1;
  }

  /** A copy of the next `length` bytes. */
  bytes(length: number, field: string): Uint8Array {
    const from = this.#take(length, field);
    return this.#bytes.slice(from, from + length);
  }

  /** A copy of everything that is left. */
  rest(field: string): Uint8Array {
    return this.bytes(this.#end - this.#at, field);
  }

  /** A copy of the bytes from an earlier offset up to here. */
  since(offset: number): Uint8Array {
    return this.#bytes.slice(offset, this.#at);
  }

  /** A byte string behind its length of 1 or 2 bytes; undefined for null (all bits of the length set). */
  optionalVar(lengthBytes: 1 | 2, field: string): Uint8Array | undefined {
    const length = this.uint(lengthBytes, field);
    return length === 256 ** lengthBytes - 1 ? undefined : this.bytes(length, field);
  }

  /** As {@link optionalVar}, but null is an error, and so is a length out of `min` to `max`. */
  var(lengthBytes: 1 | 2, field: string, min = 0, max = 65_534): Uint8Array {
    const from = this.#at;
    const value = this.optionalVar(lengthBytes, field);
    if (value === undefined) return this.failAt(from, "it is missing", field);
    if (value.length >= min && value.length <= max) return value;
    const accepted = min === max ? `${min}` : `${min} to ${max}`;
    return this.failAt(from, `${value.length} bytes instead of ${accepted}`, field);
  }

  /** UTF-8 behind its length; undefined for null. */
  optionalText(lengthBytes: 1 | 2, field: string): string | undefined {
    const from = this.#at;
    const bytes = this.optionalVar(lengthBytes, field);
    if (bytes === undefined) return undefined;
    return utf8Text(bytes) ?? this.failAt(from, "it is not UTF-8", field);
  }

  text(lengthBytes: 1 | 2, field: string): string {
    const from = this.#at;
    return this.optionalText(lengthBytes, field) ?? this.failAt(from, "it is missing", field);
  }

  /** An item of one of `versions`, undefined for the byte 0 that stands for none. */
  optionalItem(
    versions: readonly number[],
    lengthBytes: 1 | 2,
    field: string,
  ): ReadItem | undefined {
    const from = this.#at;
    const version = this.uint(1, field);
    if (version === 0) return undefined;
    if (!versions.includes(version)) {
      const known = versions.join(", ");
      this.failAt(from, `version ${version}, but only ${known} are known`, field, "VERSION");
    }
    return { version, content: this.#content(lengthBytes, field) };
  }

  item(versions: readonly number[], lengthBytes: 1 | 2, field: string): ReadItem {
    const from = this.#at;
    const item = this.optionalItem(versions, lengthBytes, field);
    return item ?? this.failAt(from, "it is missing", field);
  }

  /** A self-delimiting DER SEQUENCE (X.690 section 8.1.3), with its header. */
  derSequence(field: string): Uint8Array {
    const from = this.#at;
    if (this.uint(1, field) !== 0x30) this.failAt(from, "it is no DER sequence", field);
    const first = this.uint(1, field);
    const extra = first & 0x7f;
    if (first === 0x80 || (first > 0x80 && extra > 2)) {
      this.failAt(from, "the DER length is not one", field);
    }
    this.#take(first < 0x80 ? first : this.uint(extra, field), field);
    return this.since(from);
  }

  /** Insists that the item was read to its end. */
  finish(field: string): void {
    if (this.isAtEnd) return;
    this.fail(`${this.#end - this.#at} bytes follow its last field`, field);
  }

  fail(problem: string, field: string): never {
    return this.failAt(this.#at, problem, field);
  }

  failAt(
    offset: number,
    problem: string,
    field: string,
    code: "CORRUPT" | "VERSION" | "TRUNCATED" | "FORMAT" = "CORRUPT",
  ): never {
    const full: CaliforniumStateErrorCode = `CALIFORNIUM_${code}`;
    const { component, item } = this.#place;
    throw new CaliforniumStateError(full, problem, { place: { offset, component, item, field } });
  }

  #content(lengthBytes: 1 | 2, field: string): ByteReader {
    const length = this.uint(lengthBytes, field);
    const from = this.#take(length, field);
    return new ByteReader(this.#bytes, this.#place, from, from + length, false);
  }

  #take(length: number, field: string): number {
    const from = this.#at;
    if (from + length > this.#end) {
      if (this.#isWhole) this.failAt(this.#end, "the state ends early", field, "TRUNCATED");
      this.fail("its item ends early", field);
    }
    this.#at = from + length;
    return from;
  }
}
