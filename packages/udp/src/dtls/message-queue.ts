/**
 * Values that wait for whoever iterates: a bounded queue that drops the newest when full, as the buffer of a socket does.
 * One consumer at a time.
 */
export class MessageQueue<V> implements AsyncIterableIterator<V> {
  readonly #limit: number;
  readonly #values: V[] = [];
  #take: ((result: IteratorResult<V>) => void) | undefined;
  #isEnded = false;
  #dropped = 0;

  /** @param limit values that wait at most. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many values were dropped because the queue was full. */
  get dropped(): number {
    return this.#dropped;
  }

  push(value: V): void {
    if (this.#isEnded) return;
    const take = this.#take;
    if (take !== undefined) {
      this.#take = undefined;
      take({ value, done: false });
    } else if (this.#values.length < this.#limit) this.#values.push(value);
    else this.#dropped += 1;
  }

  /** All that waits, which is taken out. */
  drain(): V[] {
    return this.#values.splice(0);
  }

  /** No value comes any more: iterating ends after those that wait. */
  end(): void {
    this.#isEnded = true;
    this.#take?.({ value: undefined, done: true });
    this.#take = undefined;
  }

  next(): Promise<IteratorResult<V>> {
    const value = this.#values.shift();
    if (value !== undefined) return Promise.resolve({ value, done: false });
    if (this.#isEnded) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      this.#take = resolve;
    });
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<V> {
    return this;
  }
}
