const slabLength = 65_536;
const longestFromSlab = 4096;

/**
 * Memory for frames. A new typed array of more than 64 octets costs an engine far more than a view, so
 * frames are cut one after the other out of larger pieces; none is ever used twice.
 */
export class FrameSlab {
  #slab = new ArrayBuffer(0);
  #used = 0;

  take(length: number): Uint8Array {
    if (length > longestFromSlab) return new Uint8Array(length);
    if (this.#used + length > this.#slab.byteLength) {
      this.#slab = new ArrayBuffer(slabLength);
      this.#used = 0;
    }
    const frame = new Uint8Array(this.#slab, this.#used, length);
    this.#used += (length + 7) & ~7;
    return frame;
  }
}
