import { type Cipheriv, createCipheriv, type KeyObject } from "node:crypto";
import type { AesAlgorithm } from "./aead-algorithm.ts";
import { CounterStream } from "./counter-stream.ts";

const blockLength = 16;
/** Most blocks under one MAC. */
const maximumBlocks = 40;
/** Longest sum of plaintext and additional data for which this form is cheaper than a cipher object per record. */
export const longestForLongLived = 512;

// One record is worked on at a time, so all keys share this.
const macInput = new Uint8Array(maximumBlocks * blockLength);
const macViews = viewsByBlocks(macInput);

/**
 * CCM (RFC 3610, with 12-byte nonces) made of two ciphers that live as long as the key: CBC computes the MAC, ECB
 * encrypts the counter blocks. It saves the creation of a native cipher per record, which costs more than the
 * encryption of a short one. CBC cannot be restarted, but a first block that is XORed with its last output has the same
 * effect as a zero initialization vector.
 */
export class LongLivedCcm {
  readonly #tagLength: number;
  readonly #cbc: Cipheriv;
  readonly #counterStream: CounterStream;
  /** The last output block of the CBC cipher. */
  readonly #chain = new Uint8Array(blockLength);

  constructor(algorithm: AesAlgorithm, key: KeyObject) {
    this.#tagLength = algorithm.tagLength;
    this.#cbc = createCipheriv(algorithm.cbc, key, zeroBlock).setAutoPadding(false);
    this.#counterStream = new CounterStream(
      createCipheriv(algorithm.ecb, key, null).setAutoPadding(false),
    );
  }

  seal(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    source: Uint8Array,
    start: number,
    end: number,
    target: Uint8Array,
    offset: number,
  ): void {
    const length = end - start;
    const textAt = startMac(nonce, additionalData, length, this.#tagLength);
    for (let i = 0; i < length; i++) {
      macInput[textAt + i] = source[start + i] ?? 0;
    }
    this.#mac(textAt, length);

    const keystream = this.#counterStream.blocksFor(nonce, 1 + Math.ceil(length / blockLength));
    const keysAt = this.#counterStream.offset;
    for (let i = 0; i < length; i++) {
      target[offset + i] = (macInput[textAt + i] ?? 0) ^ (keystream[keysAt + blockLength + i] ?? 0);
    }
    const tagAt = offset + length;
    for (let i = 0; i < this.#tagLength; i++) {
      target[tagAt + i] = (this.#chain[i] ?? 0) ^ (keystream[keysAt + i] ?? 0);
    }
  }

  open(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    source: Uint8Array,
    start: number,
    end: number,
    target: Uint8Array,
    offset: number,
  ): boolean {
    const length = end - start - this.#tagLength;
    const textAt = startMac(nonce, additionalData, length, this.#tagLength);
    const keystream = this.#counterStream.blocksFor(nonce, 1 + Math.ceil(length / blockLength));
    const keysAt = this.#counterStream.offset;
    for (let i = 0; i < length; i++) {
      macInput[textAt + i] = (source[start + i] ?? 0) ^ (keystream[keysAt + blockLength + i] ?? 0);
    }
    this.#mac(textAt, length);

    // Without a branch per byte, so that the time tells nothing about how far a guess was right.
    let difference = 0;
    const tagAt = start + length;
    for (let i = 0; i < this.#tagLength; i++) {
      difference |= (this.#chain[i] ?? 0) ^ (keystream[keysAt + i] ?? 0) ^ (source[tagAt + i] ?? 0);
    }
    if (difference !== 0) {
      macInput.fill(0, textAt, textAt + length);
      return false;
    }
    for (let i = 0; i < length; i++) {
      target[offset + i] = macInput[textAt + i] ?? 0;
    }
    return true;
  }

  /** Leaves the MAC of `macInput`, whose text of `length` bytes starts at `textAt`, in the chain. */
  #mac(textAt: number, length: number): void {
    const blocks = padToBlock(textAt + length);
    const chain = this.#chain;
    for (let i = 0; i < blockLength; i++) {
      macInput[i] = (macInput[i] ?? 0) ^ (chain[i] ?? 0);
    }
    const output = this.#cbc.update(viewOf(macViews, blocks));
    const lastBlock = (blocks - 1) * blockLength;
    for (let i = 0; i < blockLength; i++) {
      chain[i] = output[lastBlock + i] ?? 0;
    }
  }
}

/** A nonce of 12 bytes leaves 3 for the length of the text (RFC 3610 section 2.1). */
const lengthFieldSize = 3;
const zeroBlock = new Uint8Array(blockLength);

/** Writes the first block and the additional data to `macInput`, and returns where the text goes (RFC 3610 section 2.2). */
function startMac(
  nonce: Uint8Array,
  additionalData: Uint8Array,
  textLength: number,
  tagLength: number,
): number {
  const additionalLength = additionalData.length;
  macInput[0] =
    (additionalLength > 0 ? 0x40 : 0) | (((tagLength - 2) / 2) << 3) | (lengthFieldSize - 1);
  for (let i = 0; i < 12; i++) {
    macInput[1 + i] = nonce[i] ?? 0;
  }
  macInput[13] = 0;
  macInput[14] = textLength >>> 8;
  macInput[15] = textLength;
  if (additionalLength === 0) {
    return blockLength;
  }
  macInput[16] = additionalLength >>> 8;
  macInput[17] = additionalLength;
  for (let i = 0; i < additionalLength; i++) {
    macInput[18 + i] = additionalData[i] ?? 0;
  }
  return padToBlock(18 + additionalLength) * blockLength;
}

/** Fills up the last block with zeros; returns the number of blocks. */
function padToBlock(length: number): number {
  const blocks = Math.ceil(length / blockLength);
  for (let at = length; at < blocks * blockLength; at++) {
    macInput[at] = 0;
  }
  return blocks;
}

function viewsByBlocks(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: maximumBlocks + 1 }, (_, blocks) =>
    bytes.subarray(0, blocks * blockLength),
  );
}

function viewOf(views: readonly Uint8Array[], blocks: number): Uint8Array {
  const view = views[blocks];
  if (view === undefined) {
    throw new RangeError(`${blocks} blocks are too many`);
  }
  return view;
}
