/** The bytes are no MessagePack. */
export class MessagePackError extends Error {
  override readonly name = "MessagePackError";
}

/** Type byte and what follows it, of a value at a position. */
const FIXED_LENGTHS: ReadonlyMap<number, number> = new Map([
  [0xc0, 1],
  [0xc2, 1],
  [0xc3, 1],
  [0xca, 5],
  [0xcb, 9],
  [0xcc, 2],
  [0xcd, 3],
  [0xce, 5],
  [0xcf, 9],
  [0xd0, 2],
  [0xd1, 3],
  [0xd2, 5],
  [0xd3, 9],
  [0xd4, 3],
  [0xd5, 4],
  [0xd6, 6],
  [0xd7, 10],
  [0xd8, 18],
]);

/** Reads MessagePack values one after the other, without objects in between. */
export class MessagePackCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array, at: number, view?: DataView) {
    this.#bytes = bytes;
    this.#view = view ?? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  set at(at: number) {
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Another cursor at the same place. */
  fork(): MessagePackCursor {
    return new MessagePackCursor(this.#bytes, this.#at, this.#view);
  }

  get isNil(): boolean {
    return this.#bytes[this.#at] === 0xc0;
  }

  /** The type byte of the next value. */
  get type(): number {
    const type = this.#bytes[this.#at];
    if (type === undefined) throw new MessagePackError("the bytes end before a value");
    return type;
  }

  /** The number that comes next; undefined, without moving, when something else does. */
  number(): number | undefined {
    const type = this.type;
    const at = this.#at + 1;
    if (type <= 0x7f) return this.#took(1, type);
    if (type >= 0xe0) return this.#took(1, type - 0x100);
    const length = FIXED_LENGTHS.get(type);
    if (type < 0xca || type > 0xd3 || length === undefined) return undefined;
    this.#need(length);
    const view = this.#view;
    switch (type) {
      case 0xca:
        return this.#took(5, view.getFloat32(at));
      case 0xcb:
        return this.#took(9, view.getFloat64(at));
      case 0xcc:
        return this.#took(2, view.getUint8(at));
      case 0xcd:
        return this.#took(3, view.getUint16(at));
      case 0xce:
        return this.#took(5, view.getUint32(at));
      case 0xcf:
        return this.#took(9, view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4));
      case 0xd0:
        return this.#took(2, view.getInt8(at));
      case 0xd1:
        return this.#took(3, view.getInt16(at));
      case 0xd2:
        return this.#took(5, view.getInt32(at));
      default:
        return this.#took(9, view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4));
    }
  }

  /** The byte string that comes next, as a view; undefined, without moving, when something else does. */
  bytes(): Uint8Array | undefined {
    const type = this.type;
    if (type < 0xc4 || type > 0xc6) return undefined;
    return this.#string(1 + (1 << (type - 0xc4)));
  }

  /** The text that comes next, as a view of its UTF-8; undefined, without moving, when something else does. */
  text(): Uint8Array | undefined {
    const type = this.type;
    if (type >= 0xa0 && type <= 0xbf) return this.#slice(1, type & 0x1f);
    if (type < 0xd9 || type > 0xdb) return undefined;
    return this.#string(1 + (1 << (type - 0xd9)));
  }

  /** The length of the array that comes next, whose values follow; undefined, without moving, when something else does. */
  array(): number | undefined {
    const type = this.type;
    if (type >= 0x90 && type <= 0x9f) return this.#took(1, type & 0x0f);
    if (type === 0xdc) return this.#took(3, this.#unsigned(2));
    return type === 0xdd ? this.#took(5, this.#unsigned(4)) : undefined;
  }

  /** Passes over the next value and all that is in it. */
  skip(): void {
    for (let left = 1; left > 0; left -= 1) left += this.#skipHead();
    if (this.#at > this.#bytes.length) throw new MessagePackError("the bytes end in a value");
  }

  /** The bytes of the next value, as a view. */
  encoded(): Uint8Array {
    const from = this.#at;
    this.skip();
    return this.#bytes.subarray(from, this.#at);
  }

  /** Passes over a value but for the values in it; returns how many of those follow. */
  #skipHead(): number {
    const type = this.type;
    const length = FIXED_LENGTHS.get(type);
    if (length !== undefined) return this.#took(length, 0);
    if (type <= 0x7f || type >= 0xe0) return this.#took(1, 0);
    if (type <= 0x8f) return this.#took(1, 2 * (type & 0x0f));
    const values = this.array();
    if (values !== undefined) return values;
    if ((this.bytes() ?? this.text()) !== undefined) return 0;
    // 16-bit and 32-bit maps; then extensions with 1, 2 or 4 bytes of length and a byte of type.
    if (type === 0xde) return this.#took(3, 2 * this.#unsigned(2));
    if (type === 0xdf) return this.#took(5, 2 * this.#unsigned(4));
    if (type < 0xc7 || type > 0xc9) throw new MessagePackError(`no value begins with ${type}`);
    const size = 1 << (type - 0xc7);
    return this.#took(2 + size + this.#unsigned(size), 0);
  }

  #took<T>(length: number, value: T): T {
    this.#at += length;
    return value;
  }

  #string(headLength: number): Uint8Array {
    return this.#slice(headLength, this.#unsigned(headLength - 1));
  }

  #slice(headLength: number, length: number): Uint8Array {
    this.#need(headLength + length);
    const from = this.#at + headLength;
    this.#at = from + length;
    return this.#bytes.subarray(from, this.#at);
  }

  /** The number in `length` bytes behind the type byte. */
  #unsigned(length: number): number {
    this.#need(1 + length);
    let value = 0;
    for (let i = 1; i <= length; i += 1)
      value = value * 256 + (this.#bytes[this.#at + i] as number);
    return value;
  }

  #need(length: number): void {
    if (this.#at + length > this.#bytes.length) {
      throw new MessagePackError("the bytes end in a value");
    }
  }
}
