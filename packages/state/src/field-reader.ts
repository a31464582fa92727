import { StateError, type StatePosition } from "./errors.ts";
import type { MessagePackCursor } from "./message-pack-cursor.ts";
import { utf8Text } from "./utf8.ts";

/** Tells where a stream is being read; asked for errors only. */
export interface PositionSource {
  readonly position: StatePosition;
}

/** Takes the positions of an array one by one from its bytes and checks each; messages name the field only. */
export class FieldReader {
  readonly #cursor: MessagePackCursor;
  readonly #at: PositionSource;
  #left: number;

  /** @param left how many positions follow at the cursor */
  constructor(cursor: MessagePackCursor, left: number, at: PositionSource) {
    this.#cursor = cursor;
    this.#left = left;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#left <= 0;
  }

  /** Passes over positions that a later version has added. */
  skipRest(): void {
    for (; this.#left > 0; this.#left -= 1) this.#cursor.skip();
  }

  integer(name: string, min: number, max: number): number {
    const value = this.isAtEnd ? undefined : this.#cursor.number();
    if (value === undefined || !Number.isInteger(value) || value < min || value > max) {
      return this.fail(name, `a whole number from ${min} to ${max}`);
    }
    this.#left -= 1;
    return value;
  }

  /** As {@link integer}, undefined for nil or an array that ended before this position. */
  optionalInteger(name: string, min: number, max: number): number | undefined {
    return this.#isAbsent() ? undefined : this.integer(name, min, max);
  }

  /** A finite number, 0 or more. */
  amount(name: string): number {
    const value = this.isAtEnd ? undefined : this.#cursor.number();
    if (value === undefined || !(value >= 0) || !Number.isFinite(value)) {
      return this.fail(name, "a number, 0 or more");
    }
    this.#left -= 1;
    return value;
  }

  /** A byte string: a view of the frame that it came in. */
  bytes(name: string): Uint8Array {
    return this.optionalBytes(name) ?? this.fail(name, "a byte string");
  }

  /** As {@link bytes}, undefined for nil. */
  optionalBytes(name: string): Uint8Array | undefined {
    if (this.#isAbsent()) return undefined;
    const value = this.#cursor.bytes();
    if (value === undefined) return this.fail(name, "a byte string");
    this.#left -= 1;
    return value;
  }

  bytesOrText(name: string): Uint8Array | string {
    const text = this.isAtEnd ? undefined : this.#cursor.text();
    if (text === undefined) return this.bytes(name);
    this.#left -= 1;
    return utf8Text(text) ?? this.fail(name, "a text of UTF-8");
  }

  /** The bytes of a position, whatever it holds; undefined for an array that ended before it. */
  encoded(): Uint8Array | undefined {
    if (this.isAtEnd) return undefined;
    this.#left -= 1;
    return this.#cursor.encoded();
  }

  nested(name: string): FieldReader {
    const inner = this.#cursor.fork();
    const length = this.isAtEnd ? undefined : inner.array();
    if (length === undefined) return this.fail(name, "an array");
    this.#cursor.skip();
    this.#left -= 1;
    return new FieldReader(inner, length, this.#at);
  }

  /** A nested array, undefined for nil or an array that ended before this position. */
  optionalNested(name: string): FieldReader | undefined {
    return this.#isAbsent() ? undefined : this.nested(name);
  }

  integerOrNested(name: string, min: number, max: number): number | FieldReader {
    const isArray = !this.isAtEnd && this.#cursor.fork().array() !== undefined;
    return isArray ? this.nested(name) : this.integer(name, min, max);
  }

  fail(name: string, expected: string): never {
    throw new StateError("STATE_ITEM", `field ${name}: expected ${expected}`, {
      position: this.#at.position,
    });
  }

  #isAbsent(): boolean {
    if (this.isAtEnd) return true;
    if (!this.#cursor.isNil) return false;
    this.#cursor.skip();
    this.#left -= 1;
    return true;
  }
}
