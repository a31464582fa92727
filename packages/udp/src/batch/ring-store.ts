import { MessageRing } from "./message-ring.ts";
import type { NativeCalls } from "./native-calls.ts";

/** Datagrams per system call. */
export const batchSize = 64;
/** More than any UDP payload: nothing is ever truncated. Pages are touched only as far as needed. */
const receiveSlotBytes = 65_536;
/** Longer datagrams leave by node:dgram. */
const sendSlotBytes = 2048;

/** The memory that goes with one set of system calls. */
export class RingStore {
  /** It is filled and emptied within one call, so all sockets of a thread share it. */
  readonly incoming: MessageRing;
  /** Somebody is reading from {@link incoming}. */
  isBusy = false;
  readonly #calls: NativeCalls;
  readonly #spare: MessageRing[] = [];

  constructor(calls: NativeCalls) {
    this.#calls = calls;
    this.incoming = new MessageRing(batchSize, receiveSlotBytes, calls.addressOf);
  }

  /** A ring to send from. */
  borrow(): MessageRing {
    return this.#spare.pop() ?? new MessageRing(batchSize, sendSlotBytes, this.#calls.addressOf);
  }

  /** Memory that the system has known is used again, never freed. */
  giveBack(ring: MessageRing): void {
    this.#spare.push(ring);
  }
}

const stores = new WeakMap<NativeCalls, RingStore>();

export function ringStore(calls: NativeCalls): RingStore {
  let store = stores.get(calls);
  if (store === undefined) {
    store = new RingStore(calls);
    stores.set(calls, store);
  }
  return store;
}
