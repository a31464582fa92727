/** A row of a {@link DeadlineQueue}. The queue owns both fields while the row is queued. */
export interface Deadline {
  /** When the row is due, in milliseconds. Change it only through {@link DeadlineQueue.set}. */
  dueAt: number;
  /** Position in the heap, -1 when not queued. */
  queueIndex: number;
}

/**
 * A binary heap of rows that know their own position, so that moving and removing a deadline
 * allocates nothing and costs O(log n). Rows are the protocol's own objects.
 */
export class DeadlineQueue<T extends Deadline> {
  readonly #heap: T[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest due time, or undefined when nothing is queued. */
  get next(): number | undefined {
    return this.#heap[0]?.dueAt;
  }

  /** Queues `row` at `dueAt`, or moves it there when it is queued already. */
  set(row: T, dueAt: number): void {
    if (row.queueIndex < 0) {
      row.dueAt = dueAt;
      row.queueIndex = this.#heap.length;
      this.#heap.push(row);
      this.#rise(row, row.queueIndex);
      return;
    }
    const earlier = dueAt < row.dueAt;
    row.dueAt = dueAt;
    if (earlier) this.#rise(row, row.queueIndex);
    else this.#sink(row, row.queueIndex);
  }

  /** Takes `row` out; harmless when it is not queued. */
  cancel(row: T): void {
    const index = row.queueIndex;
    if (index < 0) return;
    row.queueIndex = -1;
    const last = this.#heap.pop() as T;
    if (last === row) return;
    last.queueIndex = index;
    this.#heap[index] = last;
    this.#rise(last, index);
    this.#sink(last, last.queueIndex);
  }

  /** Takes out and returns the earliest row that is due at or before `now`, or undefined. */
  takeDue(now: number): T | undefined {
    const row = this.#heap[0];
    if (row === undefined || row.dueAt > now) return undefined;
    this.cancel(row);
    return row;
  }

  #rise(row: T, from: number): void {
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#heap[parentIndex] as T;
      if (parent.dueAt <= row.dueAt) break;
      parent.queueIndex = index;
      this.#heap[index] = parent;
      index = parentIndex;
    }
    row.queueIndex = index;
    this.#heap[index] = row;
  }

  #sink(row: T, from: number): void {
    const heap = this.#heap;
    let index = from;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= heap.length) break;
      let child = heap[childIndex] as T;
      const right = heap[childIndex + 1];
      if (right !== undefined && right.dueAt < child.dueAt) {
        childIndex += 1;
        child = right;
      }
      if (child.dueAt >= row.dueAt) break;
      child.queueIndex = index;
      heap[index] = child;
      index = childIndex;
    }
    row.queueIndex = index;
    heap[index] = row;
  }
}
