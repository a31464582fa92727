import type { SocketAddress } from "@dtls-cluster/dtls";
import { formatAddress } from "./journal.ts";

interface Mapping {
  readonly inside: SocketAddress;
  readonly outside: SocketAddress;
  lastUsedAt: number;
}

/**
 * A NAT with endpoint-independent mapping and filtering (RFC 4787): one public port per inside
 * socket, open to everybody, until it idles too long or the NAT is rebound.
 */
export class Nat {
  #address: string;
  #nextPort = 20_000;
  readonly #idleMs: number;
  readonly #byInside = new Map<string, Mapping>();
  readonly #byPort = new Map<number, Mapping>();

  /** @param idleMs a mapping without outbound traffic for that long is forgotten. */
  constructor(publicAddress: string, idleMs: number = Number.POSITIVE_INFINITY) {
    this.#address = publicAddress;
    this.#idleMs = idleMs;
  }

  get publicAddress(): string {
    return this.#address;
  }

  /** Forgets all mappings: whoever sends next gets a port that was never used before. */
  rebind(): void {
    this.#byInside.clear();
    this.#byPort.clear();
  }

  /** The source that the outside sees for a datagram from `inside`. */
  outbound(inside: SocketAddress, now: number): SocketAddress {
    const key = formatAddress(inside);
    let mapping = this.#byInside.get(key);
    if (mapping !== undefined && now - mapping.lastUsedAt > this.#idleMs) {
      this.#byPort.delete(mapping.outside.port);
      mapping = undefined;
    }
    if (mapping === undefined) {
      const outside = { address: this.#address, port: this.#nextPort };
      this.#nextPort += 1;
      mapping = { inside, outside, lastUsedAt: now };
      this.#byInside.set(key, mapping);
      this.#byPort.set(outside.port, mapping);
    }
    mapping.lastUsedAt = now;
    return mapping.outside;
  }

  /** The inside socket that a public port belongs to. */
  inbound(port: number, now: number): SocketAddress | undefined {
    const mapping = this.#byPort.get(port);
    if (mapping === undefined || now - mapping.lastUsedAt > this.#idleMs) return undefined;
    return mapping.inside;
  }
}
