const SLAB = 4096;
const LARGEST = 512;

/**
 * Memory for messages that are kept for retransmission. Small ones share slabs, because an
 * ArrayBuffer for each message costs more than the rest of sending it.
 */
export class MessagePool {
  #slab = new Uint8Array(SLAB);
  #used = 0;

  allocate(length: number): Uint8Array {
    if (length > LARGEST) return new Uint8Array(length);
    if (this.#used + length > SLAB) {
      this.#slab = new Uint8Array(SLAB);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used = start + length;
    return this.#slab.subarray(start, start + length);
  }
}
