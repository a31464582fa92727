/**
 * Writes big-endian fields of a handshake body (RFC 5246 section 4) into a growing buffer. A value that does not
 * fit its field, or a vector longer than its length field can say, is a bug of the caller: RangeError.
 */
export class Writer {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  uint8(value: number): this {
    return this.#uint(value, 1);
  }

  uint16(value: number): this {
    return this.#uint(value, 2);
  }

  uint24(value: number): this {
    return this.#uint(value, 3);
  }

  uint32(value: number): this {
    return this.#uint(value, 4);
  }

  /** For sequence numbers. */
  uint48(value: number): this {
    return this.#uint(value, 6);
  }

  bytes(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  opaque8(value: Uint8Array): this {
    return this.#uint(value.length, 1).bytes(value);
  }

  opaque16(value: Uint8Array): this {
    return this.#uint(value.length, 2).bytes(value);
  }

  opaque24(value: Uint8Array): this {
    return this.#uint(value.length, 3).bytes(value);
  }

  /** Writes a vector whose length takes one byte and is known once `write` is done. */
  vector8(write: (writer: Writer) => void): this {
    return this.#vector(1, write);
  }

  /** Writes a vector whose length takes two bytes and is known once `write` is done. */
  vector16(write: (writer: Writer) => void): this {
    return this.#vector(2, write);
  }

  /** Writes a vector whose length takes three bytes and is known once `write` is done. */
  vector24(write: (writer: Writer) => void): this {
    return this.#vector(3, write);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #vector(lengthSize: number, write: (writer: Writer) => void): this {
    const at = this.#length;
    this.#uint(0, lengthSize);
    write(this);
    const end = this.#length;
    this.#length = at;
    this.#uint(end - at - lengthSize, lengthSize);
    this.#length = end;
    return this;
  }

  #uint(value: number, size: number): this {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * size)) {
      throw new RangeError(`${value} does not fit into ${size} bytes`);
    }
    this.#reserve(size);
    let rest = value;
    for (let at = this.#length + size - 1; at >= this.#length; at--) {
      this.#bytes[at] = rest % 0x100;
      rest = Math.floor(rest / 0x100);
    }
    this.#length += size;
    return this;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) {
      return;
    }
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
