/**
 * Sessions of one server by their id, bounded in number and time. All live equally long, so that the oldest is always
 * the first to expire and the first to give its place away.
 */
export class SessionCache {
  readonly #sessions = new Map<string, Entry>();
  readonly #maxSessions: number;
  readonly #lifetimeMs: number;

  /** @param maxSessions 0 remembers none. */
  constructor(maxSessions: number, lifetimeMs: number) {
    this.#maxSessions = maxSessions;
    this.#lifetimeMs = lifetimeMs;
  }

  get isEnabled(): boolean {
    return this.#maxSessions > 0;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** @param bytes belong to the cache from now on. */
  add(id: string, bytes: Uint8Array, wallTime: number): void {
    if (!this.isEnabled) return;
    this.remove(id);
    for (const [oldest, { expiresAt }] of this.#sessions) {
      if (expiresAt > wallTime && this.#sessions.size < this.#maxSessions) break;
      this.remove(oldest);
    }
    this.#sessions.set(id, { bytes, expiresAt: wallTime + this.#lifetimeMs });
  }

  /** The cache's own bytes, undefined when there are none for this id, or no longer. */
  find(id: string, wallTime: number): Uint8Array | undefined {
    const entry = this.#sessions.get(id);
    if (entry === undefined) return undefined;
    if (entry.expiresAt > wallTime) return entry.bytes;
    this.remove(id);
    return undefined;
  }

  remove(id: string): void {
    this.#sessions.get(id)?.bytes.fill(0);
    this.#sessions.delete(id);
  }
}

interface Entry {
  readonly bytes: Uint8Array;
  /** Wall-clock milliseconds. */
  readonly expiresAt: number;
}

/** An id as key of a map. */
export function sessionKey(id: Uint8Array): string {
  return String.fromCharCode(...id);
}
