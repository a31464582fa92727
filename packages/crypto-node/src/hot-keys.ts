import type { KeyObject } from "node:crypto";
import type { NodeAeadKey } from "./aead-key.ts";
import { LongLivedCcm } from "./long-lived-ccm.ts";

/** Native objects of a key in use. */
export interface HotState {
  readonly key: KeyObject;
  /** Undefined for GCM and ChaCha20-Poly1305, which have no long-lived form. */
  readonly ccm: LongLivedCcm | undefined;
  /** Where the cache keeps the key. */
  slot: number;
}

/** Below this many uses a key has not earned its native objects; a handshake alone stays below. */
const usesUntilHot = 8;
/** How many entries are looked at to find one that is idle. */
const sampleSize = 8;

/**
 * Bounded set of keys that keep native objects. A full cache gives a place away only if its present holder has been idle
 * for longer than the newcomer was between its last two uses: keys that take turns in greater number than there are
 * places then leave each other alone instead of evicting one another for nothing.
 */
export class HotKeys {
  readonly #capacity: number;
  readonly #entries: NodeAeadKey[] = [];
  #uses = 0;
  #hand = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Counts a use of the key and returns what it has, if it is hot or becomes so now. */
  use(key: NodeAeadKey): HotState | undefined {
    const now = ++this.#uses;
    const idle = now - key.lastUse;
    key.lastUse = now;
    if (key.hot !== undefined) {
      return key.hot;
    }
    key.coldUses++;
    if (key.coldUses < usesUntilHot || this.#capacity === 0) {
      return undefined;
    }
    return this.#admit(key, now, idle);
  }

  /** Lets go of the key's native objects. */
  forget(key: NodeAeadKey): void {
    const hot = key.hot;
    if (hot === undefined) {
      return;
    }
    key.hot = undefined;
    key.coldUses = 0;
    const last = this.#entries.pop();
    if (last !== undefined && last !== key) {
      this.#entries[hot.slot] = last;
      if (last.hot !== undefined) {
        last.hot.slot = hot.slot;
      }
    }
  }

  #admit(key: NodeAeadKey, now: number, idle: number): HotState | undefined {
    if (this.#entries.length >= this.#capacity) {
      const victim = this.#idlest();
      if (victim === undefined || now - victim.lastUse <= idle) {
        // The next attempt comes after as many uses again, so that a full cache costs little.
        key.coldUses = 0;
        return undefined;
      }
      this.forget(victim);
    }
    const { algorithm } = key;
    const keyObject = key.keyObject();
    const ccm = algorithm.mode === "ccm" ? new LongLivedCcm(algorithm, keyObject) : undefined;
    key.hot = { key: keyObject, ccm, slot: this.#entries.length };
    this.#entries.push(key);
    return key.hot;
  }

  /** The longest unused of a few entries, other ones each time. */
  #idlest(): NodeAeadKey | undefined {
    let victim: NodeAeadKey | undefined;
    for (let i = 0; i < sampleSize; i++) {
      this.#hand = (this.#hand + 1) % this.#entries.length;
      const candidate = this.#entries[this.#hand];
      if (candidate && (victim === undefined || candidate.lastUse < victim.lastUse)) {
        victim = candidate;
      }
    }
    return victim;
  }
}
