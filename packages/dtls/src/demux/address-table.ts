import type { SocketAddress } from "../path.ts";

/** What an {@link AddressTable} needs of its rows; the table owns `nextByAddress`. */
export interface AddressRow<T> {
  readonly path: SocketAddress;
  nextByAddress: T | undefined;
}

const INITIAL_BUCKETS = 64;
/** Rarely and much: each time every row is touched. */
const GROWTH = 4;

/**
 * Rows by peer address and port, several per address in order of entry, newest first. An intrusive
 * hash table: no key is built per datagram. The hash is seeded because peers choose addresses.
 */
export class AddressTable<T extends AddressRow<T>> {
  readonly #seed: number;
  #buckets: (T | undefined)[] = new Array<T | undefined>(INITIAL_BUCKETS).fill(undefined);
  #size = 0;

  /** @param seed any 32-bit number that peers cannot know. */
  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  get size(): number {
    return this.#size;
  }

  /** The newest row of this address. */
  first(address: string, port: number): T | undefined {
    return skipTo(this.#buckets[this.#index(address, port)], address, port);
  }

  /** The next older row of the same address as `row`. */
  after(row: T): T | undefined {
    return skipTo(row.nextByAddress, row.path.address, row.path.port);
  }

  /** Adds a row. Take it out before its address or port changes, and put it in again afterwards. */
  add(row: T): void {
    if (this.#size >= this.#buckets.length) this.#grow();
    const index = this.#index(row.path.address, row.path.port);
    row.nextByAddress = this.#buckets[index];
    this.#buckets[index] = row;
    this.#size += 1;
  }

  /** Takes a row out; harmless when it is not in the table. */
  remove(row: T): void {
    const index = this.#index(row.path.address, row.path.port);
    let previous: T | undefined;
    let current = this.#buckets[index];
    while (current !== undefined && current !== row) {
      previous = current;
      current = current.nextByAddress;
    }
    if (current === undefined) return;
    if (previous === undefined) this.#buckets[index] = row.nextByAddress;
    else previous.nextByAddress = row.nextByAddress;
    row.nextByAddress = undefined;
    this.#size -= 1;
  }

  /** Every row, in no particular order. The table must not change while this is iterated. */
  *rows(): IterableIterator<T> {
    for (let row of this.#buckets) {
      while (row !== undefined) {
        yield row;
        row = row.nextByAddress;
      }
    }
  }

  #grow(): void {
    const old = this.#buckets;
    this.#buckets = new Array<T | undefined>(old.length * GROWTH).fill(undefined);
    for (const head of old) {
      // Chains are newest first: relinking from the oldest on keeps that order.
      let row = reversed(head);
      while (row !== undefined) {
        const next: T | undefined = row.nextByAddress;
        const index = this.#index(row.path.address, row.path.port);
        row.nextByAddress = this.#buckets[index];
        this.#buckets[index] = row;
        row = next;
      }
    }
  }

  #index(address: string, port: number): number {
    let hash = this.#seed ^ port;
    for (let i = 0; i < address.length; i += 1) {
      hash = Math.imul(hash ^ address.charCodeAt(i), 0x5bd1e995);
      hash ^= hash >>> 15;
    }
    return hash & (this.#buckets.length - 1);
  }
}

function skipTo<T extends AddressRow<T>>(
  from: T | undefined,
  address: string,
  port: number,
): T | undefined {
  let row = from;
  while (row !== undefined && (row.path.port !== port || row.path.address !== address)) {
    row = row.nextByAddress;
  }
  return row;
}

/** Turns a chain round. @returns its new head */
function reversed<T extends AddressRow<T>>(head: T | undefined): T | undefined {
  let before: T | undefined;
  let row = head;
  while (row !== undefined) {
    const next: T | undefined = row.nextByAddress;
    row.nextByAddress = before;
    before = row;
    row = next;
  }
  return before;
}
