import type { SocketAddress } from "@dtls-cluster/wire";
import type { MutableCounters } from "./counters.ts";
import type { ForwarderSink } from "./forwarder-options.ts";

const maxDatagrams = 64;
const maxBytes = 65_536;
const longestMs = 1000;

interface Parked {
  readonly datagram: Uint8Array;
  readonly client: SocketAddress;
  readonly via: SocketAddress | undefined;
  readonly parkedAt: number;
}

/**
 * Datagrams that were faster than their connection, which follows from the double. Bounded in number, bytes
 * and time: a new one pushes out the oldest, so that whoever floods it only costs others that wait.
 */
export class Parking {
  readonly #deliver: ForwarderSink["deliver"];
  readonly #counters: MutableCounters;
  #waiting: Parked[] = [];
  #bytes = 0;

  constructor(deliver: ForwarderSink["deliver"], counters: MutableCounters) {
    this.#deliver = deliver;
    this.#counters = counters;
  }

  /** Keeps a copy. */
  park(
    datagram: Uint8Array,
    { address, port }: SocketAddress,
    via: SocketAddress | undefined,
    now: number,
  ): void {
    // A Buffer's `slice` would be a view of memory that the next datagram is read into.
    const copy = new Uint8Array(datagram);
    this.#waiting.push({ datagram: copy, client: { address, port }, via, parkedAt: now });
    this.#bytes += copy.length;
    while (this.#waiting.length > maxDatagrams || this.#bytes > maxBytes) this.#dropOldest();
  }

  /** Delivers what has a place now. */
  retry(now: number): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    for (const parked of waiting) {
      const { datagram, client, via, parkedAt } = parked;
      if (now - parkedAt > longestMs) this.#counters.dropParked++;
      else if (this.#deliver(datagram, client.address, client.port, via, now)) {
        this.#counters.unparked++;
      } else {
        this.#waiting.push(parked);
        this.#bytes += datagram.length;
      }
    }
  }

  /** No connection follows any more. */
  clear(): void {
    this.#counters.dropParked += this.#waiting.length;
    this.#waiting = [];
    this.#bytes = 0;
  }

  #dropOldest(): void {
    this.#bytes -= this.#waiting.shift()?.datagram.length ?? 0;
    this.#counters.dropParked++;
  }
}
