import { createSecretKey, type KeyObject } from "node:crypto";
import type { AeadKey } from "@dtls-cluster/dtls";
import type { AeadAlgorithm } from "./aead-algorithm.ts";
import type { HotKeys, HotState } from "./hot-keys.ts";
import { longestForLongLived } from "./long-lived-ccm.ts";
import { openOnce, sealOnce } from "./one-shot-aead.ts";

/**
 * A key that is only its bytes until it is used often. Then it gets native objects that outlive a record, as long as
 * the cache has a place for it.
 */
export class NodeAeadKey implements AeadKey {
  readonly algorithm: AeadAlgorithm;
  /** Written by the cache only. */
  hot: HotState | undefined = undefined;
  /** Written by the cache only: uses while cold, and when the last of them was. */
  coldUses = 0;
  lastUse = 0;
  readonly #hotKeys: HotKeys;
  /** The key as signed 32-bit words: a third of what a typed array of that length takes. */
  readonly #words: number[];
  #isDestroyed = false;

  constructor(algorithm: AeadAlgorithm, key: Uint8Array, hotKeys: HotKeys) {
    if (key.length !== algorithm.keyLength) {
      throw new RangeError(`key of ${key.length} bytes instead of ${algorithm.keyLength}`);
    }
    this.algorithm = algorithm;
    this.#hotKeys = hotKeys;
    this.#words = wordsOf(key);
  }

  get tagLength(): number {
    return this.algorithm.tagLength;
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
    this.#checkUsable(nonce);
    const hot = this.#hotKeys.use(this);
    const ccm = hot?.ccm;
    if (ccm !== undefined && end - start + additionalData.length <= longestForLongLived) {
      ccm.seal(nonce, additionalData, source, start, end, target, offset);
    } else {
      const key = hot?.key ?? this.keyObject();
      sealOnce(this.algorithm, key, nonce, additionalData, source, start, end, target, offset);
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
    this.#checkUsable(nonce);
    const length = end - start - this.algorithm.tagLength;
    if (length < 0) {
      return false;
    }
    const hot = this.#hotKeys.use(this);
    const ccm = hot?.ccm;
    if (ccm !== undefined && length + additionalData.length <= longestForLongLived) {
      return ccm.open(nonce, additionalData, source, start, end, target, offset);
    }
    const key = hot?.key ?? this.keyObject();
    return openOnce(this.algorithm, key, nonce, additionalData, source, start, end, target, offset);
  }

  destroy(): void {
    this.#isDestroyed = true;
    this.#words.fill(0);
    this.#hotKeys.forget(this);
  }

  /**
   * The key as node:crypto takes it cheapest: version 24 examines raw bytes in a way that costs more than all of the
   * encryption.
   */
  keyObject(): KeyObject {
    const bytes = this.#words.length === 4 ? scratch16 : scratch32;
    for (let i = 0; i < bytes.length; i++) {
      bytes[i] = (this.#words[i >>> 2] ?? 0) >>> (24 - 8 * (i & 3));
    }
    const key = createSecretKey(bytes);
    bytes.fill(0);
    return key;
  }

  #checkUsable(nonce: Uint8Array): void {
    if (this.#isDestroyed) {
      throw new Error("the key was destroyed");
    }
    if (nonce.length !== 12) {
      throw new RangeError(`nonce of ${nonce.length} bytes instead of 12`);
    }
  }
}

const scratch16 = new Uint8Array(16);
const scratch32 = new Uint8Array(32);

/** Big-endian words. A loop without closures and views: imports of thousands of connections make two each. */
function wordsOf(bytes: Uint8Array): number[] {
  const words: number[] = [];
  for (let at = 0; at + 3 < bytes.length; at += 4) {
    const high = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16);
    words.push(high | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));
  }
  return words;
}
