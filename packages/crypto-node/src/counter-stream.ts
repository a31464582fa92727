import type { Cipheriv } from "node:crypto";

const blockLength = 16;
/** Most blocks in one call, for one nonce or for several. */
const maximumBlocks = 40;
/** Most blocks when following nonces are computed too; the result is kept with the key, so it should stay small. */
const blocksAhead = 24;

// One record is worked on at a time, so all keys share these.
const counters = new Uint8Array(maximumBlocks * blockLength);
const words = new Int32Array(counters.buffer);
const views: readonly Uint8Array[] = Array.from({ length: maximumBlocks + 1 }, (_, blocks) =>
  counters.subarray(0, blocks * blockLength),
);

/**
 * The encrypted counter blocks of CCM (RFC 3610 section 2.3) for nonces of 12 bytes. Nonces of a DTLS peer count up by
 * one; encrypting the blocks of several at once costs the same as of one, so they are computed ahead once a nonce follows
 * its predecessor. A nonce that comes differently only costs a computation of its own.
 */
export class CounterStream {
  /** Where the blocks of the nonce start in the array that {@link blocksFor} returned. */
  offset = 0;
  readonly #ecb: Cipheriv;
  #stream: Uint8Array = noBytes;
  /** Blocks per nonce in the stream. */
  #stride = 0;
  /** Nonces in the stream behind the current one. */
  #left = 0;
  /** The nonce that comes next if they count up, as three words. */
  #next0 = 0;
  #next1 = 0;
  #next2 = 0;

  /** @param ecb the raw block cipher without padding. */
  constructor(ecb: Cipheriv) {
    this.#ecb = ecb;
  }

  /** Returns an array that holds the nonce's blocks 0 to `blocks - 1` from {@link offset} on. */
  blocksFor(nonce: Uint8Array, blocks: number): Uint8Array {
    const word0 = wordAt(nonce, 0);
    const word1 = wordAt(nonce, 4);
    const word2 = wordAt(nonce, 8);
    const isNext = word2 === this.#next2 && word1 === this.#next1 && word0 === this.#next0;
    this.#next0 = word0;
    this.#next2 = (word2 + 1) | 0;
    this.#next1 = this.#next2 === 0 ? (word1 + 1) | 0 : word1;

    if (isNext && this.#left > 0 && blocks <= this.#stride) {
      this.#left--;
      this.offset += this.#stride * blockLength;
      return this.#stream;
    }
    let stride = blocks;
    let nonces = 1;
    if (isNext && 2 * blocks <= blocksAhead) {
      // The longest of late, so that short and long records may take turns.
      stride = 2 * this.#stride <= blocksAhead ? Math.max(blocks, this.#stride) : blocks;
      nonces = Math.floor(blocksAhead / stride);
    }
    writeCounters(nonce, stride, nonces);
    const view = views[stride * nonces];
    if (view === undefined) {
      throw new RangeError(`${blocks} blocks are too many`);
    }
    this.#stream = this.#ecb.update(view);
    this.#stride = stride;
    this.#left = nonces - 1;
    this.offset = 0;
    return this.#stream;
  }
}

const noBytes = new Uint8Array(0);

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)
  );
}

function writeCounters(nonce: Uint8Array, stride: number, nonces: number): void {
  // A nonce of 12 bytes leaves 3 for the counter; the first byte says so (RFC 3610 section 2.3).
  counters[0] = 2;
  for (let i = 0; i < 12; i++) {
    counters[1 + i] = nonce[i] ?? 0;
  }
  counters[13] = 0;
  counters[14] = 0;
  counters[15] = 0;
  for (let index = 0; index < nonces; index++) {
    const first = index * stride;
    if (index > 0) {
      copyBlock(first - stride, first);
      increment(first * blockLength);
    }
    for (let block = 1; block < stride; block++) {
      copyBlock(first, first + block);
      counters[(first + block) * blockLength + 15] = block;
    }
  }
}

function copyBlock(from: number, to: number): void {
  const source = from * 4;
  const target = to * 4;
  words[target] = words[source] ?? 0;
  words[target + 1] = words[source + 1] ?? 0;
  words[target + 2] = words[source + 2] ?? 0;
  words[target + 3] = words[source + 3] ?? 0;
}

/** Adds one to the last 8 bytes of the nonce in the block at `at`. */
function increment(at: number): void {
  for (let i = at + 12; i > at + 4; i--) {
    const value = ((counters[i] ?? 0) + 1) & 0xff;
    counters[i] = value;
    if (value !== 0) {
      return;
    }
  }
}
