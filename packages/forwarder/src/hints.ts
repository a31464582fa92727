import type { SocketAddress } from "@dtls-cluster/wire";

interface Hint {
  target: SocketAddress;
  expiresAt: number;
}

/**
 * Which node a client address was last seen to belong to. Bounded: a new entry pushes out the oldest,
 * so that whoever floods it only costs other hints.
 */
export class Hints {
  readonly #hints = new Map<string, Hint>();
  readonly #capacity: number;
  readonly #lifetimeMs: number;

  constructor(capacity: number, lifetimeMs: number) {
    this.#capacity = capacity;
    this.#lifetimeMs = lifetimeMs;
  }

  get size(): number {
    return this.#hints.size;
  }

  learn(address: string, port: number, target: SocketAddress, now: number): void {
    if (this.#capacity < 1) return;
    const key = `${address} ${port}`;
    this.#hints.delete(key);
    if (this.#hints.size >= this.#capacity) {
      const oldest = this.#hints.keys().next();
      if (!oldest.done) this.#hints.delete(oldest.value);
    }
    this.#hints.set(key, { target, expiresAt: now + this.#lifetimeMs });
  }

  find(address: string, port: number, now: number): SocketAddress | undefined {
    if (this.#hints.size === 0) return undefined;
    const key = `${address} ${port}`;
    const hint = this.#hints.get(key);
    if (hint === undefined) return undefined;
    if (hint.expiresAt > now) return hint.target;
    this.#hints.delete(key);
    return undefined;
  }
}
