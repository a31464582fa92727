/** One counter per second of the run: 4 bytes a second, grown by doubling. */
export class Seconds {
  #counts = new Uint32Array(128);
  #length = 0;

  /** Seconds that have been touched; later ones count 0. */
  get length(): number {
    return this.#length;
  }

  add(second: number): void {
    if (second >= this.#counts.length) this.#grow(second);
    if (second >= this.#length) this.#length = second + 1;
    this.#counts[second] = (this.#counts[second] as number) + 1;
  }

  at(second: number): number {
    return second < this.#length ? (this.#counts[second] as number) : 0;
  }

  #grow(second: number): void {
    const grown = new Uint32Array(Math.max(second + 1, this.#counts.length * 2));
    grown.set(this.#counts);
    this.#counts = grown;
  }
}
