import { packedSecretsLength } from "./session-secrets.ts";

const SLOTS_PER_SLAB = 1024;

/**
 * Secrets of all associations in slots of large arrays: an array for each association would cost several times
 * its bytes. A slot is wiped when it is given back, and used again.
 */
export class SecretStore {
  readonly #slabs: Uint8Array[] = [];
  readonly #free: number[] = [];
  #slots = 0;

  /** An empty slot. */
  take(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const slot = this.#slots;
    if (slot % SLOTS_PER_SLAB === 0) {
      this.#slabs.push(new Uint8Array(SLOTS_PER_SLAB * packedSecretsLength));
    }
    this.#slots = slot + 1;
    return slot;
  }

  /** A view of a slot, not to be kept. */
  view(slot: number): Uint8Array {
    const slab = this.#slabs[Math.floor(slot / SLOTS_PER_SLAB)];
    if (slab === undefined) throw new RangeError(`slot ${slot} was never taken`);
    const start = (slot % SLOTS_PER_SLAB) * packedSecretsLength;
    return slab.subarray(start, start + packedSecretsLength);
  }

  /** Wipes a slot and takes it back. */
  release(slot: number): void {
    this.view(slot).fill(0);
    this.#free.push(slot);
  }
}
