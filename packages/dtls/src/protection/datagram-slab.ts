const slabLength = 16_384;

/**
 * Cuts datagrams out of larger arrays, which costs a fraction of an array for each. Nothing is cut twice: a receiver
 * may keep its datagram, and then keeps the slab it was cut from.
 */
export class DatagramSlab {
  #slab = new Uint8Array(0);
  #used = 0;

  take(length: number): Uint8Array {
    if (length > slabLength >>> 3) {
      return new Uint8Array(length);
    }
    if (length > this.#slab.length - this.#used) {
      this.#slab = new Uint8Array(slabLength);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used = at + length;
    return this.#slab.subarray(at, at + length);
  }
}
