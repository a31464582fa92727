import type { MessageType } from "./message-type.ts";
import { OptionNumber } from "./option.ts";
import { decodeUtf8 } from "./utf8.ts";

/**
 * A well-formed message, read in place: options are decoded when asked for. It is a view of the
 * received bytes and valid only as long as they are; {@link CoapMessage.copy} keeps it.
 */
export class CoapMessage {
  /** The complete message. */
  readonly bytes: Uint8Array;
  readonly type: MessageType;
  /** 0 to 255, see {@link Code}. */
  readonly code: number;
  readonly messageId: number;
  /** 0 to 8. */
  readonly tokenLength: number;
  /** Where the options end: the payload marker, or the end of the message. */
  readonly optionsEnd: number;

  /** Only {@link decodeMessage} calls this: the bytes must have been checked. */
  constructor(bytes: Uint8Array, optionsEnd: number) {
    const first = bytes[0] as number;
    this.bytes = bytes;
    this.type = ((first >> 4) & 3) as MessageType;
    this.tokenLength = first & 15;
    this.code = bytes[1] as number;
    this.messageId = ((bytes[2] as number) << 8) | (bytes[3] as number);
    this.optionsEnd = optionsEnd;
  }

  /** A view of the token. */
  get token(): Uint8Array {
    return this.bytes.subarray(4, 4 + this.tokenLength);
  }

  get payloadLength(): number {
    return this.optionsEnd < this.bytes.length ? this.bytes.length - this.optionsEnd - 1 : 0;
  }

  /** A view of the payload, empty when there is none. */
  get payload(): Uint8Array {
    return this.bytes.subarray(this.optionsEnd + 1);
  }

  /** The payload as UTF-8 text. */
  get text(): string {
    return decodeUtf8(this.bytes, this.bytes.length - this.payloadLength);
  }

  /** The same message in memory of its own. A `slice` would not do: that of a Buffer is a view. */
  copy(): CoapMessage {
    return new CoapMessage(new Uint8Array(this.bytes), this.optionsEnd);
  }

  /** All options in the order of the message. */
  options(): { readonly number: number; readonly value: Uint8Array }[] {
    const list: { readonly number: number; readonly value: Uint8Array }[] = [];
    const cursor = new OptionCursor(this);
    while (cursor.next()) {
      list.push({ number: cursor.number, value: this.bytes.subarray(cursor.start, cursor.end) });
    }
    return list;
  }

  /** A view of the first option with that number. */
  option(number: number): Uint8Array | undefined {
    const cursor = new OptionCursor(this);
    while (cursor.next() && cursor.number <= number) {
      if (cursor.number === number) return this.bytes.subarray(cursor.start, cursor.end);
    }
    return undefined;
  }

  /** The first option with that number as uint (RFC 7252 section 3.2), at most 32 bits. */
  uintOption(number: number): number | undefined {
    const cursor = new OptionCursor(this);
    while (cursor.next() && cursor.number <= number) {
      if (cursor.number !== number) continue;
      if (cursor.end - cursor.start > 4) return undefined;
      let value = 0;
      for (let at = cursor.start; at < cursor.end; at += 1) {
        value = value * 256 + (this.bytes[at] as number);
      }
      return value;
    }
    return undefined;
  }

  /** All options with that number as text, such as the Uri-Query options. */
  textOptions(number: number): string[] {
    const texts: string[] = [];
    const cursor = new OptionCursor(this);
    while (cursor.next() && cursor.number <= number) {
      if (cursor.number === number) texts.push(decodeUtf8(this.bytes, cursor.start, cursor.end));
    }
    return texts;
  }

  /** Uri-Path as `/a/b`; `/` when there is none. For display: a segment may itself contain a slash. */
  get path(): string {
    return `/${this.textOptions(OptionNumber.uriPath).join("/")}`;
  }
}

/** Walks the options of a checked message without allocating for each of them. */
export class OptionCursor {
  /** Number of the current option. */
  number = 0;
  /** Where the value of the current option starts and ends in `bytes`. */
  start = 0;
  end: number;
  readonly #bytes: Uint8Array;
  readonly #stop: number;

  constructor(message: CoapMessage) {
    this.#bytes = message.bytes;
    this.#stop = message.optionsEnd;
    this.end = 4 + message.tokenLength;
  }

  /** Steps to the next option; false when there is none. */
  next(): boolean {
    let at = this.end;
    if (at >= this.#stop) return false;
    const bytes = this.#bytes;
    const head = bytes[at++] as number;
    let delta = head >> 4;
    if (delta === 13) delta = 13 + (bytes[at++] as number);
    else if (delta === 14) {
      delta = 269 + (((bytes[at] as number) << 8) | (bytes[at + 1] as number));
      at += 2;
    }
    let length = head & 15;
    if (length === 13) length = 13 + (bytes[at++] as number);
    else if (length === 14) {
      length = 269 + (((bytes[at] as number) << 8) | (bytes[at + 1] as number));
      at += 2;
    }
    this.number += delta;
    this.start = at;
    this.end = at + length;
    return true;
  }
}
