/**
 * Writes the octets of a textual address: 4 for IPv4 and IPv4-mapped IPv6, else 16. A scope id
 * ("%eth0") is left out: it means nothing to another node.
 * @returns the number of octets written, 4 or 16; 0 when `text` is no address (`target` may be touched).
 */
export function writeAddress(text: string, target: Uint8Array, offset: number): number {
  if (!text.includes(":")) return writeIpv4(text, 0, target, offset) ? 4 : 0;
  if (!writeIpv6(text, target, offset)) return 0;
  if (!isMapped(target, offset)) return 16;
  target.copyWithin(offset, offset + 12, offset + 16);
  return 4;
}

/** The octets of a textual address, undefined when `text` is none. */
export function addressBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16);
  const length = writeAddress(text, bytes, 0);
  return length === 0 ? undefined : bytes.subarray(0, length);
}

/**
 * The canonical text (RFC 5952 section 4, as node:net reports addresses) of 4 or 16 octets;
 * IPv4-mapped IPv6 becomes IPv4. Empty when the octets are not there or `length` is another.
 */
export function addressText(bytes: Uint8Array, offset: number, length: number): string {
  if (offset + length > bytes.length) return "";
  if (length === 4) return ipv4Text(bytes, offset);
  if (length !== 16) return "";
  return isMapped(bytes, offset) ? ipv4Text(bytes, offset + 12) : ipv6Text(bytes, offset);
}

/** One spelling for one address: canonical text, "" when `text` is no address. */
export function normalizeAddress(text: string): string {
  const bytes = addressBytes(text);
  return bytes === undefined ? "" : addressText(bytes, 0, bytes.length);
}

const slots = 4096;

/** {@link addressText} that remembers IPv4 texts, so that known clients cost no string. Bounded. */
export class AddressTexts {
  readonly #keys: Uint32Array = new Uint32Array(slots);
  readonly #texts: string[] = new Array<string>(slots).fill("");

  read(bytes: Uint8Array, offset: number, length: number): string {
    if (length !== 4 || offset + 4 > bytes.length) return addressText(bytes, offset, length);
    const key =
      (((bytes[offset] ?? 0) << 24) |
        ((bytes[offset + 1] ?? 0) << 16) |
        ((bytes[offset + 2] ?? 0) << 8) |
        (bytes[offset + 3] ?? 0)) >>>
      0;
    const slot = Math.imul(key, 0x9e3779b1) >>> 20;
    if (this.#keys[slot] === key) {
      const known = this.#texts[slot];
      if (known) return known;
    }
    const text = ipv4Text(bytes, offset);
    this.#keys[slot] = key;
    this.#texts[slot] = text;
    return text;
  }
}

function ipv4Text(bytes: Uint8Array, offset: number): string {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

function ipv6Text(bytes: Uint8Array, offset: number): string {
  const words: number[] = [];
  for (let index = 0; index < 16; index += 2) {
    words.push(((bytes[offset + index] ?? 0) << 8) | (bytes[offset + index + 1] ?? 0));
  }
  let runStart = -1;
  let runLength = 1;
  for (let index = 0; index < 8; index++) {
    let end = index;
    while (end < 8 && words[end] === 0) end++;
    if (end - index > runLength) {
      runStart = index;
      runLength = end - index;
    }
    if (end > index) index = end;
  }
  const hex = words.map((word) => word.toString(16));
  if (runStart < 0) return hex.join(":");
  if (runStart === 0 && runLength === 6) return `::${ipv4Text(bytes, offset + 12)}`;
  return `${hex.slice(0, runStart).join(":")}::${hex.slice(runStart + runLength).join(":")}`;
}

function isMapped(bytes: Uint8Array, offset: number): boolean {
  for (let index = 0; index < 10; index++) {
    if (bytes[offset + index] !== 0) return false;
  }
  return bytes[offset + 10] === 0xff && bytes[offset + 11] === 0xff;
}

function writeIpv4(text: string, start: number, target: Uint8Array, offset: number): boolean {
  let part = 0;
  let digits = 0;
  let value = 0;
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x2e) {
      if (digits === 0 || part === 3) return false;
      target[offset + part++] = value;
      digits = 0;
      value = 0;
      continue;
    }
    const digit = code - 0x30;
    if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return false;
    value = value * 10 + digit;
    digits++;
    if (value > 255) return false;
  }
  if (part !== 3 || digits === 0) return false;
  target[offset + 3] = value;
  return true;
}

function writeIpv6(text: string, target: Uint8Array, offset: number): boolean {
  const end = text.includes("%") ? text.indexOf("%") : text.length;
  target.fill(0, offset, offset + 16);
  let written = 0;
  let gapAt = -1;
  let index = 0;
  if (text.startsWith("::")) {
    gapAt = 0;
    index = 2;
  }
  while (index < end) {
    if (written > 14) return false;
    let value = 0;
    let digits = 0;
    const wordStart = index;
    let digit = hexDigit(text, index, end);
    while (digit >= 0) {
      value = value * 16 + digit;
      if (++digits > 4) return false;
      digit = hexDigit(text, ++index, end);
    }
    if (index < end && text.charCodeAt(index) === 0x2e) {
      if (written > 12) return false;
      if (!writeIpv4(text.slice(0, end), wordStart, target, offset + written)) return false;
      written += 4;
      index = end;
      break;
    }
    if (digits === 0) return false;
    target[offset + written] = value >> 8;
    target[offset + written + 1] = value & 0xff;
    written += 2;
    if (index === end) break;
    if (text.charCodeAt(index) !== 0x3a || ++index === end) return false;
    if (text.charCodeAt(index) === 0x3a) {
      if (gapAt >= 0) return false;
      gapAt = written;
      index++;
    }
  }
  if (gapAt < 0) return written === 16;
  if (written > 14) return false;
  const moved = written - gapAt;
  target.copyWithin(offset + 16 - moved, offset + gapAt, offset + written);
  target.fill(0, offset + gapAt, offset + 16 - moved);
  return true;
}

function hexDigit(text: string, index: number, end: number): number {
  if (index >= end) return -1;
  const code = text.charCodeAt(index);
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
