/** Numbers by name, for causes that are not known beforehand. */
export class Counters {
  readonly #counts = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(name: string, count = 1): void {
    this.#total += count;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  snapshot(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
