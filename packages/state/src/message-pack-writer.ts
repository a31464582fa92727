const NIL = 0xc0;
const BIN_8 = 0xc4;
const FLOAT_64 = 0xcb;
const UNSIGNED_8 = 0xcc;
const TEXT_8 = 0xd9;
const ARRAY_16 = 0xdc;
/** A loop copies fewer bytes faster than a call into the engine. */
const SHORT = 24;

/** Writes MessagePack values one after the other into memory of its own, which grows as needed and is used again. */
export class MessagePackWriter {
  #bytes: Uint8Array = new Uint8Array(1024);
  #view: DataView = new DataView(this.#bytes.buffer);
  #length = 0;

  /** What was written since the last {@link clear}: a view, valid until the next value is written. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** Overwrites all that was ever written. */
  wipe(): void {
    this.#bytes.fill(0);
    this.#length = 0;
  }

  nil(): void {
    this.#room(1);
    this.#bytes[this.#length++] = NIL;
  }

  /** Head of an array of `length` values, which follow. */
  array(length: number): void {
    this.#room(5);
    if (length < 16) this.#bytes[this.#length++] = 0x90 | length;
    else this.#head(ARRAY_16 - 1, length, 2);
  }

  /** Any finite number, in the shortest form that keeps it. */
  number(value: number): void {
    this.#room(9);
    if (value >= 0 && value <= 0x7f && Number.isInteger(value)) {
      // A negative zero is an integer as well; it counts as zero.
      this.#bytes[this.#length++] = value;
    } else if (value < 0 && value >= -32 && Number.isInteger(value)) {
      this.#bytes[this.#length++] = value;
    } else if (value >>> 0 === value) {
      this.#head(UNSIGNED_8, value, 1);
    } else {
      this.#bytes[this.#length] = FLOAT_64;
      this.#view.setFloat64(this.#length + 1, value);
      this.#length += 9;
    }
  }

  bytes(value: Uint8Array): void {
    this.bytesHead(value.length);
    this.raw(value);
  }

  /** Head of a byte string of `length` bytes, which follow in parts. */
  bytesHead(length: number): void {
    this.#room(5);
    this.#head(BIN_8, length, 1);
  }

  /** Head of a text of `length` bytes of UTF-8, which follow. */
  textHead(length: number): void {
    this.#room(5);
    if (length < 32) this.#bytes[this.#length++] = 0xa0 | length;
    else this.#head(TEXT_8, length, 1);
  }

  raw(value: Uint8Array): void {
    this.#room(value.length);
    const target = this.#bytes;
    const at = this.#length;
    if (value.length > SHORT) target.set(value, at);
    else for (let i = 0; i < value.length; i += 1) target[at + i] = value[i] as number;
    this.#length = at + value.length;
  }

  /** A type byte for 1, 2 or 4 bytes of `value`, whose number rises with the size from that of `smallest` bytes. */
  #head(type: number, value: number, smallest: 1 | 2): void {
    const bytes = this.#bytes;
    if (value <= 0xff && smallest === 1) {
      bytes[this.#length++] = type;
    } else if (value <= 0xffff) {
      bytes[this.#length++] = type + 1;
      bytes[this.#length++] = value >>> 8;
    } else {
      bytes[this.#length++] = type + 2;
      bytes[this.#length++] = value >>> 24;
      bytes[this.#length++] = value >>> 16;
      bytes[this.#length++] = value >>> 8;
    }
    bytes[this.#length++] = value;
  }

  #room(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#length));
    // It held secrets.
    this.#bytes.fill(0);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
