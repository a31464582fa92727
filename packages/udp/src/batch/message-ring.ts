/** Layout of `struct mmsghdr` on 64-bit little-endian Linux, in 32-bit words. */
const headerWords = 16;
const nameLengthWord = 2;
const flagsWord = 12;
const lengthWord = 14;
/** Layout of `struct iovec`, in 32-bit words. */
const vectorWords = 4;
const vectorLengthWord = 2;
/** Room for a `struct sockaddr_in6` (28 bytes), aligned. */
const nameBytes = 32;
const nameLength = 28;
const pageBytes = 4096;
const truncatedFlag = 0x20;

/** Tells where in memory an array is; the array must never move or be freed. */
export type AddressOf = (memory: Uint8Array) => bigint;

/** Rings are never freed, so that no late system call can write to memory of somebody else. */
const pinned: MessageRing[] = [];

/**
 * Places for datagrams and their addresses in one block of memory, with the headers that `recvmmsg` and
 * `sendmmsg` want. All pointers are written once, here; afterwards only lengths change.
 */
export class MessageRing {
  readonly slots: number;
  readonly slotBytes: number;
  /** Where the array of headers begins in memory. */
  readonly address: bigint;
  /** The socket addresses, {@link nameStride} bytes each. */
  readonly names: Uint8Array;
  readonly nameStride: number = nameBytes;
  readonly #payload: Uint8Array;
  readonly #headers: Uint32Array;
  readonly #vectors: Uint32Array;

  constructor(slots: number, slotBytes: number, addressOf: AddressOf) {
    const vectorsAt = slots * headerWords * 4;
    const namesAt = vectorsAt + slots * vectorWords * 4;
    const payloadAt = Math.ceil((namesAt + slots * nameBytes) / pageBytes) * pageBytes;
    const memory = new ArrayBuffer(payloadAt + slots * slotBytes);
    const bytes = new Uint8Array(memory);
    this.slots = slots;
    this.slotBytes = slotBytes;
    this.address = addressOf(bytes);
    this.names = bytes.subarray(namesAt, namesAt + slots * nameBytes);
    this.#payload = bytes.subarray(payloadAt);
    this.#headers = new Uint32Array(memory, 0, slots * headerWords);
    this.#vectors = new Uint32Array(memory, vectorsAt, slots * vectorWords);
    const view = new DataView(memory);
    for (let slot = 0; slot < slots; slot += 1) {
      const header = slot * headerWords * 4;
      const vector = vectorsAt + slot * vectorWords * 4;
      view.setBigUint64(header, this.address + BigInt(namesAt + slot * nameBytes), true);
      view.setBigUint64(header + 16, this.address + BigInt(vector), true);
      view.setBigUint64(header + 24, 1n, true);
      view.setBigUint64(vector, this.address + BigInt(payloadAt + slot * slotBytes), true);
      this.reset(slot);
    }
    pinned.push(this);
  }

  /** Makes a place ready to receive. */
  reset(slot: number): void {
    this.#headers[slot * headerWords + nameLengthWord] = nameLength;
    this.#headers[slot * headerWords + flagsWord] = 0;
    this.#vectors[slot * vectorWords + vectorLengthWord] = this.slotBytes;
  }

  /** The datagram that was received there: a view. */
  datagram(slot: number): Uint8Array {
    const received = this.#headers[slot * headerWords + lengthWord] ?? 0;
    const start = slot * this.slotBytes;
    return this.#payload.subarray(start, start + Math.min(received, this.slotBytes));
  }

  isTruncated(slot: number): boolean {
    return ((this.#headers[slot * headerWords + flagsWord] ?? 0) & truncatedFlag) !== 0;
  }

  /** Puts a datagram of at most {@link slotBytes} there, to be sent to the name that is there. */
  put(slot: number, datagram: Uint8Array, destinationLength: number): void {
    this.#payload.set(datagram, slot * this.slotBytes);
    this.#headers[slot * headerWords + nameLengthWord] = destinationLength;
    this.#vectors[slot * vectorWords + vectorLengthWord] = datagram.length;
  }

  /** The bytes that {@link put} put there: a view. */
  queued(slot: number): Uint8Array {
    const start = slot * this.slotBytes;
    return this.#payload.subarray(start, start + this.queuedLength(slot));
  }

  queuedLength(slot: number): number {
    return this.#vectors[slot * vectorWords + vectorLengthWord] ?? 0;
  }

  /** Where the header of `slot` is in memory. */
  headerAddress(slot: number): bigint {
    return slot === 0 ? this.address : this.address + BigInt(slot * headerWords * 4);
  }
}
