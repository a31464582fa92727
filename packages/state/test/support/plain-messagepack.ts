/** A decoder written from the MessagePack specification alone, to check the stream against. */
export class PlainMessagePack {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#view.byteLength;
  }

  read(): unknown {
    const type = this.#unsigned(1);
    if (type <= 0x7f) return type;
    if (type >= 0xe0) return type - 0x100;
    if (type <= 0x8f) return this.#map(type & 0x0f);
    if (type <= 0x9f) return this.#array(type & 0x0f);
    if (type <= 0xbf) return this.#text(type & 0x1f);
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
        return this.#bytes(this.#unsigned(1));
      case 0xc5:
        return this.#bytes(this.#unsigned(2));
      case 0xc6:
        return this.#bytes(this.#unsigned(4));
      case 0xcb:
        this.#at += 8;
        return this.#view.getFloat64(this.#at - 8);
      case 0xcc:
        return this.#unsigned(1);
      case 0xcd:
        return this.#unsigned(2);
      case 0xce:
        return this.#unsigned(4);
      case 0xd9:
        return this.#text(this.#unsigned(1));
      case 0xda:
        return this.#text(this.#unsigned(2));
      case 0xdb:
        return this.#text(this.#unsigned(4));
      case 0xdc:
        return this.#array(this.#unsigned(2));
      case 0xdd:
        return this.#array(this.#unsigned(4));
      case 0xde:
        return this.#map(this.#unsigned(2));
      default:
        // Extension types are not in the specified subset: nothing but core types may be written.
        throw new Error(`type 0x${type.toString(16)} at ${this.#at - 1}`);
    }
  }

  #unsigned(length: 1 | 2 | 4): number {
    this.#at += length;
    const at = this.#at - length;
    if (length === 1) return this.#view.getUint8(at);
    return length === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #bytes(length: number): Uint8Array {
    this.#at += length;
    const { buffer, byteOffset } = this.#view;
    return new Uint8Array(buffer, byteOffset + this.#at - length, length);
  }

  #text(length: number): string {
    return new TextDecoder().decode(this.#bytes(length));
  }

  #array(length: number): unknown[] {
    return Array.from({ length }, () => this.read());
  }

  #map(length: number): Record<string, unknown> {
    const entries = Array.from({ length }, () => [String(this.read()), this.read()] as const);
    return Object.fromEntries(entries);
  }
}
