import type { SocketAddress } from "@dtls-cluster/wire";

const capacity = 256;

/** Routers that are known only by what a relay passed on for them, with that relay. Bounded. */
export class RelayedRouters {
  readonly #relays = new Map<string, SocketAddress>();

  relayOf(router: SocketAddress): SocketAddress | undefined {
    return this.#relays.get(keyOf(router));
  }

  /** @returns the router's address, as a value that stays. */
  remember(router: SocketAddress, relay: SocketAddress): SocketAddress {
    const key = keyOf(router);
    if (!this.#relays.has(key) && this.#relays.size >= capacity) {
      const oldest = this.#relays.keys().next();
      if (!oldest.done) this.#relays.delete(oldest.value);
    }
    this.#relays.set(key, relay);
    return { address: router.address, port: router.port };
  }
}

function keyOf(address: SocketAddress): string {
  return `${address.address} ${address.port}`;
}

export function isAt(a: SocketAddress, b: SocketAddress): boolean {
  return a.port === b.port && a.address === b.address;
}
