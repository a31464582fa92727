import type { Discovery } from "@dtls-cluster/nodes";
import type { SocketAddress } from "./datagram-socket.ts";

/** A fixed list of nodes. */
export class StaticDiscovery implements Discovery {
  readonly #addresses: readonly SocketAddress[];

  constructor(addresses: readonly SocketAddress[]) {
    this.#addresses = addresses.map(({ address, port }) => ({ address, port }));
  }

  discover(): Promise<readonly SocketAddress[]> {
    return Promise.resolve(this.#addresses);
  }

  close(): void {}
}
