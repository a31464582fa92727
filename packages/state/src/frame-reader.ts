import { StateError, type StateErrorCode } from "./errors.ts";
import {
  DIGEST_LENGTH,
  decodePrefix,
  FRAME_HEAD_LENGTH,
  FRAME_TAIL_LENGTH,
  MAJOR_VERSION,
  PREFIX_LENGTH,
  readFrameHead,
  readFrameTail,
} from "./frame.ts";
import type { Sha256 } from "./writer.ts";

/**
 * Finds the frames in chunks of any size and checks their digests. Each digest covers the one
 * before it and thereby everything before it, so frames cannot be lost, repeated or reordered.
 */
export class FrameReader {
  readonly #sha256: Sha256;
  readonly #maxFrameBytes: number;
  readonly #itemsSoFar: () => number;
  /** Bytes of the unfinished unit (prefix or frame); grows to the largest frame seen. */
  #pending: Uint8Array = new Uint8Array(1024);
  #pendingLength = 0;
  #digest: Uint8Array | undefined;
  #offset = 0;
  #frames = 0;

  /** @param itemsSoFar how many items the frames have held, for the positions of errors */
  constructor(sha256: Sha256, maxFrameBytes: number, itemsSoFar: () => number) {
    this.#sha256 = sha256;
    this.#maxFrameBytes = maxFrameBytes;
    this.#itemsSoFar = itemsSoFar;
  }

  /** Bytes of complete units so far: where the unit begins that is being read. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes of a unit that is not complete yet. */
  get pendingBytes(): number {
    return this.#pendingLength;
  }

  /** Calls `onFrame` with the payload of each frame that `chunk` completes; the payload is its own array. */
  push(chunk: Uint8Array, onFrame: (payload: Uint8Array) => void): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#pendingLength === 0) {
        const size = this.#unitSize(chunk.subarray(at, at + PREFIX_LENGTH));
        if (size !== undefined && at + size <= chunk.length) {
          this.#take(chunk.subarray(at, at + size), onFrame);
          at += size;
          continue;
        }
      }
      at += this.#collect(chunk, at, onFrame);
    }
  }

  /** Adds what is needed from `chunk` to the pending unit; returns how much that was. */
  #collect(chunk: Uint8Array, at: number, onFrame: (payload: Uint8Array) => void): number {
    const known = this.#unitSize(this.#pending.subarray(0, this.#pendingLength));
    const wanted = known === undefined ? 1 : known - this.#pendingLength;
    const taken = Math.min(wanted, chunk.length - at);
    this.#grow(this.#pendingLength + taken);
    this.#pending.set(chunk.subarray(at, at + taken), this.#pendingLength);
    this.#pendingLength += taken;
    if (this.#pendingLength === this.#unitSize(this.#pending.subarray(0, this.#pendingLength))) {
      const unit = this.#pending.subarray(0, this.#pendingLength);
      this.#pendingLength = 0;
      this.#take(unit, onFrame);
    }
    return taken;
  }

  /** The length of the unit that begins with `bytes`, undefined when they are too few to tell. */
  #unitSize(bytes: Uint8Array): number | undefined {
    if (this.#digest === undefined) return PREFIX_LENGTH;
    if (bytes.length < FRAME_HEAD_LENGTH) return undefined;
    const length = readFrameHead(bytes, 0);
    if (length === undefined) {
      throw this.#error("STATE_CORRUPT", `frame ${this.#frames + 1} does not begin as frames do`);
    }
    if (length > this.#maxFrameBytes) {
      const text = `frame ${this.#frames + 1} of ${length} bytes: ${this.#maxFrameBytes} at most`;
      throw this.#error("STATE_LIMIT", text);
    }
    return FRAME_HEAD_LENGTH + length + FRAME_TAIL_LENGTH;
  }

  #take(unit: Uint8Array, onFrame: (payload: Uint8Array) => void): void {
    if (this.#digest === undefined) this.#digest = this.#checkPrefix(unit);
    else onFrame(this.#checkFrame(unit, this.#digest));
    this.#offset += unit.length;
  }

  #checkPrefix(unit: Uint8Array): Uint8Array {
    const version = decodePrefix(unit);
    if (version === undefined) throw this.#error("STATE_FORMAT", "this is not a state stream");
    if (version.major !== MAJOR_VERSION) {
      const text = `the state has version ${version.major}.${version.minor}, this program reads up to version ${MAJOR_VERSION}: use the program that wrote it, or a newer one`;
      throw this.#error("STATE_VERSION", text);
    }
    return this.#sha256(unit);
  }

  #checkFrame(unit: Uint8Array, before: Uint8Array): Uint8Array {
    const end = unit.length - FRAME_TAIL_LENGTH;
    const covered = new Uint8Array(DIGEST_LENGTH + end - FRAME_HEAD_LENGTH);
    covered.set(before);
    covered.set(unit.subarray(FRAME_HEAD_LENGTH, end), DIGEST_LENGTH);
    const digest = this.#sha256(covered);
    const expected = readFrameTail(unit.subarray(end));
    if (expected === undefined || !digest.every((byte, i) => byte === expected[i])) {
      throw this.#error(
        "STATE_CORRUPT",
        `the checksum of frame ${this.#frames + 1} does not match`,
      );
    }
    this.#digest = digest;
    this.#frames += 1;
    return covered.subarray(DIGEST_LENGTH);
  }

  #grow(needed: number): void {
    if (needed <= this.#pending.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#pending.length));
    larger.set(this.#pending.subarray(0, this.#pendingLength));
    this.#pending = larger;
  }

  #error(code: StateErrorCode, message: string): StateError {
    return new StateError(code, message, {
      position: { offset: this.#offset, item: this.#itemsSoFar() },
    });
  }
}
