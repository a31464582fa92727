import { normalizeAddress, type SocketAddress } from "@dtls-cluster/wire";
import { Peer } from "./peer.ts";

/** Peers by cluster address. Bounded. */
export class PeerTable {
  readonly #byAddress = new Map<string, Map<number, Peer>>();
  readonly #capacity: number;
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  find(address: string, port: number): Peer | undefined {
    return this.#byAddress.get(address)?.get(port);
  }

  /** The peer at an address, a new one if need be; undefined when the table is full. */
  open(to: SocketAddress): Peer | undefined {
    const address = normalizeAddress(to.address) || to.address;
    const known = this.find(address, to.port);
    if (known !== undefined) return known;
    if (this.#size >= this.#capacity) return undefined;
    const peer = new Peer(address, to.port);
    const ports = this.#byAddress.get(address);
    if (ports === undefined) this.#byAddress.set(address, new Map([[to.port, peer]]));
    else ports.set(to.port, peer);
    this.#size += 1;
    return peer;
  }

  remove(peer: Peer): void {
    const ports = this.#byAddress.get(peer.address);
    if (ports?.delete(peer.port) !== true) return;
    if (ports.size === 0) this.#byAddress.delete(peer.address);
    this.#size -= 1;
  }

  *all(): IterableIterator<Peer> {
    for (const ports of this.#byAddress.values()) yield* ports.values();
  }
}
