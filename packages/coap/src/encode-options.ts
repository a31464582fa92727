import { CoapUsageError } from "./errors.ts";
import { type CoapOption, OptionNumber } from "./option.ts";
import { encodeUtf8 } from "./utf8.ts";

/**
 * Options in wire form (RFC 7252 section 3.1), sorted by number; options of one number keep their
 * order. Made once and used for many messages.
 * @throws CoapUsageError for a number outside 0 to 65535 or a value above 65 804 bytes.
 */
export function encodeOptions(options: readonly CoapOption[]): Uint8Array {
  const sorted = [...options].sort((a, b) => a.number - b.number);
  const values = sorted.map((option) => optionValue(option));
  let length = 0;
  let previous = 0;
  sorted.forEach((option, index) => {
    length += headLength(option.number - previous, (values[index] as Uint8Array).length);
    length += (values[index] as Uint8Array).length;
    previous = option.number;
  });
  const bytes = new Uint8Array(length);
  let at = 0;
  previous = 0;
  sorted.forEach((option, index) => {
    const value = values[index] as Uint8Array;
    at = writeHead(bytes, at, option.number - previous, value.length);
    bytes.set(value, at);
    at += value.length;
    previous = option.number;
  });
  return bytes;
}

/**
 * Encoded options of a request for `target`, such as `/benchmark?rlen=40`: one Uri-Path option a
 * segment, one Uri-Query option an `&` part, percent-encoding decoded (RFC 7252 section 6.4).
 * @throws CoapUsageError when `target` does not start with `/` or its percent-encoding is broken.
 */
export function requestOptions(target: string, more: readonly CoapOption[] = []): Uint8Array {
  if (!target.startsWith("/")) throw new CoapUsageError(`"${target}" does not start with "/"`);
  const question = target.indexOf("?");
  const path = question < 0 ? target.slice(1) : target.slice(1, question);
  const segments = path === "" ? [] : path.split("/");
  const queries = question < 0 ? [] : target.slice(question + 1).split("&");
  return encodeOptions([
    ...segments.map((text) => ({ number: OptionNumber.uriPath, value: percentDecoded(text) })),
    ...queries.map((text) => ({ number: OptionNumber.uriQuery, value: percentDecoded(text) })),
    ...more,
  ]);
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new CoapUsageError(`"${text}" is not percent-encoded correctly`, { cause });
  }
}

function optionValue(option: CoapOption): Uint8Array {
  const { number, value } = option;
  if (!(Number.isInteger(number) && number >= 0 && number <= 65535)) {
    throw new CoapUsageError(`option number ${number} is not 0 to 65535`);
  }
  const bytes =
    typeof value === "string"
      ? encodeUtf8(value)
      : typeof value === "number"
        ? encodeUint(value)
        : value;
  if (bytes.length > 65_804) throw new CoapUsageError(`option ${number} is longer than 65804`);
  return bytes;
}

function encodeUint(value: number): Uint8Array {
  if (!(Number.isInteger(value) && value >= 0 && value <= 0xffffffff)) {
    throw new CoapUsageError(`${value} is not an unsigned integer of 32 bits`);
  }
  const length = value > 0xffffff ? 4 : value > 0xffff ? 3 : value > 0xff ? 2 : value > 0 ? 1 : 0;
  const bytes = new Uint8Array(length);
  for (let at = length - 1, rest = value; at >= 0; at -= 1, rest = Math.floor(rest / 256)) {
    bytes[at] = rest & 255;
  }
  return bytes;
}

function headLength(delta: number, length: number): number {
  return 1 + extensionLength(delta) + extensionLength(length);
}

function extensionLength(value: number): number {
  return value < 13 ? 0 : value < 269 ? 1 : 2;
}

function writeHead(bytes: Uint8Array, at: number, delta: number, length: number): number {
  bytes[at] = (nibble(delta) << 4) | nibble(length);
  return writeExtension(bytes, writeExtension(bytes, at + 1, delta), length);
}

function nibble(value: number): number {
  return value < 13 ? value : value < 269 ? 13 : 14;
}

function writeExtension(bytes: Uint8Array, at: number, value: number): number {
  if (value < 13) return at;
  if (value < 269) {
    bytes[at] = value - 13;
    return at + 1;
  }
  bytes[at] = (value - 269) >> 8;
  bytes[at + 1] = (value - 269) & 255;
  return at + 2;
}
