/** Numbers by name, for causes that are not known beforehand. */
export class Counters {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** @param others counts to add. */
  snapshot(others: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> {
    const sums = new Map(Object.entries(others));
    for (const [name, count] of this.#counts) sums.set(name, (sums.get(name) ?? 0) + count);
    return Object.fromEntries(sums);
  }
}
