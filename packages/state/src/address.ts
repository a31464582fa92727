const DOT = 0x2e;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/**
 * Packs a textual IP address into 4 or 16 bytes where that gives back the very same text, and
 * keeps any other text (scoped addresses, unusual spellings) as it is.
 */
export function packAddress(text: string): Uint8Array | string {
  const v4 = parseIpv4(text);
  if (v4 !== undefined) return v4;
  const bytes = parseIpv6(text);
  return bytes !== undefined && formatIpv6(bytes) === text ? bytes : text;
}

/** Text of 4 or 16 bytes (RFC 5952 for IPv6), undefined for any other length. */
export function unpackAddress(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  return bytes.length === 16 ? formatIpv6(bytes) : undefined;
}

/** Only the usual spelling: four numbers without leading zeros. */
function parseIpv4(text: string): Uint8Array | undefined {
  if (text.length < 7 || text.length > 15) return undefined;
  const bytes = new Uint8Array(4);
  let index = 0;
  let value = -1;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (value < 0 || index === 3) return undefined;
      bytes[index] = value;
      index += 1;
      value = -1;
    } else {
      if (code < DIGIT_0 || code > DIGIT_9 || value === 0) return undefined;
      value = Math.max(value, 0) * 10 + code - DIGIT_0;
      if (value > 255) return undefined;
    }
  }
  if (index !== 3 || value < 0) return undefined;
  bytes[3] = value;
  return bytes;
}

function parseIpv6(text: string): Uint8Array | undefined {
  if (!text.includes(":")) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groups(halves[0] ?? "");
  const tail = groups(halves[1] ?? "");
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const all = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const bytes = new Uint8Array(16);
  for (let i = 0; i < 8; i += 1) {
    bytes[2 * i] = (all[i] ?? 0) >> 8;
    bytes[2 * i + 1] = (all[i] ?? 0) & 0xff;
  }
  return bytes;
}

/** 16-bit groups of a part of an IPv6 address; a dotted IPv4 tail counts as two. */
function groups(text: string): number[] | undefined {
  if (text === "") return [];
  const result: number[] = [];
  for (const part of text.split(":")) {
    if (part.includes(".")) {
      const v4 = parseIpv4(part);
      if (v4 === undefined) return undefined;
      result.push(((v4[0] ?? 0) << 8) | (v4[1] ?? 0), ((v4[2] ?? 0) << 8) | (v4[3] ?? 0));
    } else {
      if (!/^[0-9a-f]{1,4}$/.test(part)) return undefined;
      result.push(Number.parseInt(part, 16));
    }
  }
  return result;
}

function formatIpv6(bytes: Uint8Array): string {
  const words: number[] = [];
  for (let i = 0; i < 16; i += 2) words.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  if (words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff) {
    return `::ffff:${unpackAddress(bytes.subarray(12))}`;
  }
  const [from, length] = longestZeroRun(words);
  const hex = words.map((word) => word.toString(16));
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, from).join(":")}::${hex.slice(from + length).join(":")}`;
}

function longestZeroRun(words: readonly number[]): readonly [from: number, length: number] {
  let best: readonly [number, number] = [0, 0];
  let from = 0;
  for (let i = 0; i <= words.length; i += 1) {
    if (words[i] === 0) continue;
    if (i - from > best[1]) best = [from, i - from];
    from = i + 1;
  }
  return best;
}
