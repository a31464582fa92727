import type { DuplicateKind } from "./peer-state.ts";

const HEADER = 13;
const SMALLEST = 128;

/**
 * What a peer sent and what it was answered, in one small byte array, oldest first. Each entry is
 * message id (2), kind (1), answer length (2), time in ms modulo 2^32 (4), mark (4), answer.
 * Recycled in place, so that a busy peer makes no garbage and an idle one can drop it as a whole.
 */
export class DuplicateLog {
  #bytes: Uint8Array = new Uint8Array(SMALLEST);
  #start = 0;
  #end = 0;
  #count = 0;

  get capacity(): number {
    return this.#bytes.length;
  }

  get count(): number {
    return this.#count;
  }

  /** Offset of the newest entry for `messageId` that is younger than its lifetime, or -1. */
  find(messageId: number, now: number, lifetimes: Lifetimes): number {
    const bytes = this.#bytes;
    const high = messageId >> 8;
    const low = messageId & 255;
    let found = -1;
    for (let at = this.#start; at < this.#end; at += HEADER + this.answerLength(at)) {
      if (bytes[at + 1] === low && bytes[at] === high) found = at;
    }
    return found >= 0 && this.age(found, now) < lifetimes.of(this.kind(found)) ? found : -1;
  }

  /**
   * Adds an entry with the first `length` bytes of `answer`.
   * @returns how many entries younger than their lifetime were dropped to make room.
   */
  append(
    messageId: number,
    kind: DuplicateKind,
    answer: Uint8Array,
    length: number,
    time: number,
    mark: number,
    now: number,
    bounds: Bounds,
  ): number {
    const forgotten = this.#makeRoom(HEADER + length, now, bounds);
    const bytes = this.#bytes;
    const at = this.#end;
    bytes[at] = messageId >> 8;
    bytes[at + 1] = messageId & 255;
    bytes[at + 2] = kind;
    bytes[at + 3] = length >> 8;
    bytes[at + 4] = length & 255;
    writeUint32(bytes, at + 5, Math.floor(time));
    writeUint32(bytes, at + 9, mark);
    const answerAt = at + HEADER;
    for (let index = 0; index < length; index += 1) {
      bytes[answerAt + index] = answer[index] as number;
    }
    this.#end = answerAt + length;
    this.#count += 1;
    return forgotten;
  }

  /** Milliseconds until the last entry is over, 0 when all are. */
  timeLeft(now: number, lifetimes: Lifetimes): number {
    let left = 0;
    for (let at = this.#start; at < this.#end; at += HEADER + this.answerLength(at)) {
      left = Math.max(left, lifetimes.of(this.kind(at)) - this.age(at, now));
    }
    return left;
  }

  /** Offsets of all entries, oldest first. */
  *offsets(): Generator<number> {
    for (let at = this.#start; at < this.#end; at += HEADER + this.answerLength(at)) yield at;
  }

  messageId(at: number): number {
    return ((this.#bytes[at] as number) << 8) | (this.#bytes[at + 1] as number);
  }

  kind(at: number): DuplicateKind {
    return this.#bytes[at + 2] as DuplicateKind;
  }

  answerLength(at: number): number {
    return ((this.#bytes[at + 3] as number) << 8) | (this.#bytes[at + 4] as number);
  }

  /** Milliseconds since the time of the entry; valid for ages below 2^31 ms. */
  age(at: number, now: number): number {
    return (Math.floor(now) - readUint32(this.#bytes, at + 5)) | 0;
  }

  mark(at: number): number {
    return readUint32(this.#bytes, at + 9);
  }

  /** A copy of the answer. */
  answer(at: number): Uint8Array {
    const from = at + HEADER;
    return this.#bytes.slice(from, from + this.answerLength(at));
  }

  /** Copies the answer to the start of `target`, which is long enough. */
  copyAnswer(at: number, target: Uint8Array): void {
    const length = this.answerLength(at);
    for (let index = 0; index < length; index += 1) {
      target[index] = this.#bytes[at + HEADER + index] as number;
    }
  }

  /**
   * True when the entry may answer `message`: it repeats a message with the same token. Another
   * token means that the peer used the message id again for something new.
   */
  hasTokenOf(at: number, message: Uint8Array): boolean {
    const bytes = this.#bytes;
    const answerAt = at + HEADER;
    const first = bytes[answerAt] as number;
    const isReset = ((first >> 4) & 3) === 3;
    if (isReset) return true;
    const length = first & 15;
    if (length !== ((message[0] as number) & 15)) return false;
    for (let index = 4; index < 4 + length; index += 1) {
      if (bytes[answerAt + index] !== message[index]) return false;
    }
    return true;
  }

  #makeRoom(size: number, now: number, bounds: Bounds): number {
    let forgotten = 0;
    while (this.#count > 0) {
      const at = this.#start;
      const isOver = this.age(at, now) >= bounds.lifetimes.of(this.kind(at));
      const used = this.#end - at;
      if (!isOver && this.#count < bounds.maxEntries && used + size <= bounds.maxBytes) break;
      if (!isOver) forgotten += 1;
      this.#start = at + HEADER + this.answerLength(at);
      this.#count -= 1;
    }
    if (this.#count === 0) {
      this.#start = 0;
      this.#end = 0;
    }
    if (this.#end + size > this.#bytes.length) this.#compactOrGrow(size);
    return forgotten;
  }

  #compactOrGrow(size: number): void {
    const used = this.#end - this.#start;
    const old = this.#bytes;
    let capacity = old.length;
    // A quarter of slack at least, so that compaction is paid by many appends.
    while (used + size > capacity || used > (capacity >> 2) * 3) capacity *= 2;
    if (capacity > old.length) {
      this.#bytes = new Uint8Array(capacity);
      this.#bytes.set(old.subarray(this.#start, this.#end));
    } else {
      old.copyWithin(0, this.#start, this.#end);
    }
    this.#start = 0;
    this.#end = used;
  }
}

/** How long messages are remembered, by kind of entry. */
export class Lifetimes {
  readonly #confirmable: number;
  readonly #nonConfirmable: number;

  constructor(confirmable: number, nonConfirmable: number) {
    this.#confirmable = confirmable;
    this.#nonConfirmable = nonConfirmable;
  }

  of(kind: DuplicateKind): number {
    return kind === 3 ? this.#nonConfirmable : this.#confirmable;
  }
}

/** Limits of one log. */
export interface Bounds {
  readonly lifetimes: Lifetimes;
  readonly maxEntries: number;
  readonly maxBytes: number;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}
