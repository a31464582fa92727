/** What a {@link CidTable} needs of its rows; the table owns `nextByCid` while the row is in it. */
export interface CidRow<T> {
  readonly readConnectionId: Uint8Array | undefined;
  nextByCid: T | undefined;
}

const INITIAL_BUCKETS = 64;
/** Rarely and much: each time every row is touched. */
const GROWTH = 4;

/**
 * Rows by their own Connection ID, looked up straight from the bytes of a datagram: an intrusive
 * hash table, so that neither a lookup nor an entry allocates. The hash needs no secret because
 * this side chooses the CIDs.
 */
export class CidTable<T extends CidRow<T>> {
  #buckets: (T | undefined)[] = new Array<T | undefined>(INITIAL_BUCKETS).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The row whose CID is the `length` bytes at `offset` of `bytes`. */
  find(bytes: Uint8Array, offset: number, length: number): T | undefined {
    let row = this.#buckets[this.#index(bytes, offset, length)];
    while (row !== undefined && !isAt(row.readConnectionId, bytes, offset, length)) {
      row = row.nextByCid;
    }
    return row;
  }

  /** Adds a row. Its CID must be set, must not change while it is in the table, and be new to it. */
  add(row: T): void {
    const cid = row.readConnectionId;
    if (cid === undefined) return;
    if (this.#size >= this.#buckets.length) this.#grow();
    this.#link(row, cid);
    this.#size += 1;
  }

  /** Takes a row out; harmless when it is not in the table. */
  remove(row: T): void {
    const cid = row.readConnectionId;
    if (cid === undefined) return;
    const index = this.#index(cid, 0, cid.length);
    let previous: T | undefined;
    let current = this.#buckets[index];
    while (current !== undefined && current !== row) {
      previous = current;
      current = current.nextByCid;
    }
    if (current === undefined) return;
    if (previous === undefined) this.#buckets[index] = row.nextByCid;
    else previous.nextByCid = row.nextByCid;
    row.nextByCid = undefined;
    this.#size -= 1;
  }

  #link(row: T, cid: Uint8Array): void {
    const index = this.#index(cid, 0, cid.length);
    row.nextByCid = this.#buckets[index];
    this.#buckets[index] = row;
  }

  #grow(): void {
    const old = this.#buckets;
    this.#buckets = new Array<T | undefined>(old.length * GROWTH).fill(undefined);
    for (let row of old) {
      while (row !== undefined) {
        const next: T | undefined = row.nextByCid;
        if (row.readConnectionId !== undefined) this.#link(row, row.readConnectionId);
        row = next;
      }
    }
  }

  #index(bytes: Uint8Array, offset: number, length: number): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < length; i += 1) {
      hash = Math.imul(hash ^ (bytes[offset + i] ?? 0), 0x01000193);
    }
    return (hash ^ (hash >>> 15)) & (this.#buckets.length - 1);
  }
}

function isAt(
  cid: Uint8Array | undefined,
  bytes: Uint8Array,
  offset: number,
  length: number,
): boolean {
  if (cid === undefined || cid.length !== length) return false;
  for (let i = 0; i < length; i += 1) if (cid[i] !== bytes[offset + i]) return false;
  return true;
}
