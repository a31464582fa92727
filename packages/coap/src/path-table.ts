import { CoapUsageError } from "./errors.ts";
import { type CoapMessage, OptionCursor } from "./message.ts";
import { OptionNumber } from "./option.ts";
import { encodeUtf8 } from "./utf8.ts";

interface Row<V> {
  readonly segments: readonly Uint8Array[];
  readonly value: V;
}

/** Values by path, found from the Uri-Path options of a message without making a string. */
export class PathTable<V> {
  readonly #rows = new Map<number, Row<V>[]>();

  /** @throws CoapUsageError when `path` is not absolute or known already. */
  add(path: string, value: V): void {
    if (!path.startsWith("/")) throw new CoapUsageError(`path "${path}" does not start with "/"`);
    const segments = path === "/" ? [] : path.slice(1).split("/").map(encodeUtf8);
    let hash = START;
    for (const segment of segments) hash = hashSegment(hash, segment, 0, segment.length);
    const rows = this.#rows.get(hash) ?? [];
    if (rows.some((row) => samePath(row.segments, segments))) {
      throw new CoapUsageError(`path "${path}" stands twice`);
    }
    rows.push({ segments, value });
    this.#rows.set(hash, rows);
  }

  find(message: CoapMessage): V | undefined {
    let hash = START;
    const cursor = new OptionCursor(message);
    while (cursor.next() && cursor.number <= OptionNumber.uriPath) {
      if (cursor.number === OptionNumber.uriPath) {
        hash = hashSegment(hash, message.bytes, cursor.start, cursor.end);
      }
    }
    const rows = this.#rows.get(hash);
    if (rows === undefined) return undefined;
    for (const row of rows) if (isPathOf(row.segments, message)) return row.value;
    return undefined;
  }
}

// FNV-1a; a collision only costs a comparison.
const START = 0x811c9dc5 | 0;

function hashSegment(hash: number, bytes: Uint8Array, start: number, end: number): number {
  let value = Math.imul(hash ^ 0x2f, 0x01000193);
  for (let at = start; at < end; at += 1) {
    value = Math.imul(value ^ (bytes[at] as number), 0x01000193);
  }
  return value;
}

function isPathOf(segments: readonly Uint8Array[], message: CoapMessage): boolean {
  let index = 0;
  const cursor = new OptionCursor(message);
  while (cursor.next() && cursor.number <= OptionNumber.uriPath) {
    if (cursor.number !== OptionNumber.uriPath) continue;
    const segment = segments[index];
    if (segment === undefined || segment.length !== cursor.end - cursor.start) return false;
    for (let at = 0; at < segment.length; at += 1) {
      if (segment[at] !== message.bytes[cursor.start + at]) return false;
    }
    index += 1;
  }
  return index === segments.length;
}

function samePath(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((segment, index) => `${segment}` === `${b[index]}`);
}
