import { StateError, type StatePosition } from "./errors.ts";

/** Tells where a stream is being read; asked for errors only. */
export interface PositionSource {
  readonly position: StatePosition;
}

/** Takes the positions of a decoded array one by one and checks each; messages name the field only. */
export class FieldReader {
  readonly #values: readonly unknown[];
  readonly #at: PositionSource;
  #next: number;

  /** @param from the first index to take */
  constructor(values: readonly unknown[], at: PositionSource, from: number) {
    this.#values = values;
    this.#at = at;
    this.#next = from;
  }

  get isAtEnd(): boolean {
    return this.#next >= this.#values.length;
  }

  integer(name: string, min: number, max: number): number {
    const value = this.#take();
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
      return value;
    }
    return this.fail(name, `a whole number from ${min} to ${max}`);
  }

  /** As {@link integer}, undefined for nil or an array that ended before this position. */
  optionalInteger(name: string, min: number, max: number): number | undefined {
    const value = this.#values[this.#next];
    if (value !== null && value !== undefined) return this.integer(name, min, max);
    this.#next += 1;
    return undefined;
  }

  /** A finite number, 0 or more. */
  amount(name: string): number {
    const value = this.#take();
    if (typeof value === "number" && value >= 0 && Number.isFinite(value)) return value;
    return this.fail(name, "a number, 0 or more");
  }

  /** A byte string: a view of the frame that it came in. */
  bytes(name: string): Uint8Array {
    return this.optionalBytes(name) ?? this.fail(name, "a byte string");
  }

  /** As {@link bytes}, undefined for nil. */
  optionalBytes(name: string): Uint8Array | undefined {
    const value = this.#take();
    if (value === null || value === undefined) return undefined;
    return value instanceof Uint8Array ? value : this.fail(name, "a byte string");
  }

  bytesOrText(name: string): Uint8Array | string {
    const value = this.#take();
    if (typeof value === "string" || value instanceof Uint8Array) return value;
    return this.fail(name, "a byte string or a text");
  }

  nested(name: string): FieldReader {
    const value = this.#take();
    return Array.isArray(value) ? new FieldReader(value, this.#at, 0) : this.fail(name, "an array");
  }

  /** A nested array, undefined for nil or an array that ended before this position. */
  optionalNested(name: string): FieldReader | undefined {
    const value = this.#values[this.#next];
    if (value === null || value === undefined) {
      this.#next += 1;
      return undefined;
    }
    return this.nested(name);
  }

  integerOrNested(name: string, min: number, max: number): number | FieldReader {
    return Array.isArray(this.#values[this.#next])
      ? this.nested(name)
      : this.integer(name, min, max);
  }

  fail(name: string, expected: string): never {
    throw new StateError("STATE_ITEM", `field ${name}: expected ${expected}`, {
      position: this.#at.position,
    });
  }

  #take(): unknown {
    const value = this.#values[this.#next];
    this.#next += 1;
    return value;
  }
}
