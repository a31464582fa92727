import { type Deadline, DeadlineQueue } from "@dtls-cluster/deadlines";
import type { Association } from "./association.ts";
import type { EndpointLimits } from "./config.ts";

/** Rows whose time is brought up to date in one search: what one handshake may cost, however many are connected. */
const MAX_STEPS = 1000;

/** One established association in the order of last use; `dueAt` is a time when it was used, not always the last one. */
interface Resident extends Deadline {
  readonly association: Association;
}

/**
 * Who has to go when there is no room: the association that is idle the longest, and the least recently used one of an
 * identity. Records cost nothing here: a time of use is looked up only when somebody has to go.
 */
export class Residents {
  readonly #maxConnections: number;
  readonly #idleMs: number | undefined;
  readonly #perIdentity: number | undefined;
  readonly #byUse: DeadlineQueue<Resident> = new DeadlineQueue();
  readonly #rows: Map<Association, Resident> = new Map();
  readonly #byIdentity: Map<string, Set<Association>> = new Map();

  constructor(limits: EndpointLimits) {
    this.#maxConnections = limits.maxConnections;
    this.#idleMs = limits.replaceIdleAfterMs;
    this.#perIdentity = limits.maxConnectionsPerIdentity;
  }

  /** Whether one more than `count` connections fits, perhaps in the place of an idle one. */
  hasRoomFor(count: number, now: number): boolean {
    return count < this.#maxConnections || this.#idlest(now) !== undefined;
  }

  /** Who goes when `association` comes as the next one after `count`; "full" when it cannot come. */
  displacedBy(
    association: Association,
    count: number,
    now: number,
  ): Association | "full" | undefined {
    const others = this.#byIdentity.get(identityOf(association));
    if (this.#perIdentity !== undefined && others !== undefined) {
      if (others.size >= this.#perIdentity) return leastRecentlyUsed(others);
    }
    if (count < this.#maxConnections) return undefined;
    return this.#idlest(now) ?? "full";
  }

  /** Enters an association that is established. */
  add(association: Association): void {
    if (association.role !== "server") return;
    if (this.#idleMs !== undefined) {
      const row = { association, dueAt: 0, queueIndex: -1 };
      this.#rows.set(association, row);
      this.#byUse.set(row, association.lastReceivedAt);
    }
    if (this.#perIdentity === undefined) return;
    const identity = identityOf(association);
    if (identity === "") return;
    const others = this.#byIdentity.get(identity);
    if (others === undefined) this.#byIdentity.set(identity, new Set([association]));
    else others.add(association);
  }

  /** Takes an association out; harmless when it is not in. */
  remove(association: Association): void {
    const row = this.#rows.get(association);
    if (row !== undefined) {
      this.#byUse.cancel(row);
      this.#rows.delete(association);
    }
    if (this.#perIdentity === undefined) return;
    const identity = identityOf(association);
    const others = this.#byIdentity.get(identity);
    if (others?.delete(association) && others.size === 0) this.#byIdentity.delete(identity);
  }

  /** The association that is idle the longest, if that is long enough. */
  #idlest(now: number): Association | undefined {
    if (this.#idleMs === undefined) return undefined;
    for (let step = 0; step < MAX_STEPS; step += 1) {
      const row = this.#byUse.takeDue(now - this.#idleMs);
      if (row === undefined) return undefined;
      const { association, dueAt } = row;
      this.#byUse.set(row, association.lastReceivedAt);
      if (association.lastReceivedAt <= dueAt) return association;
    }
    return undefined;
  }
}

function leastRecentlyUsed(associations: Iterable<Association>): Association | undefined {
  let oldest: Association | undefined;
  for (const row of associations) {
    if (oldest === undefined || row.lastReceivedAt < oldest.lastReceivedAt) oldest = row;
  }
  return oldest;
}

/** What a peer proved to be: its certificate or raw public key, else its PSK identity; empty for one that proved nothing. */
function identityOf({ peerCertificate, pskIdentity }: Association): string {
  const leaf = peerCertificate?.chain[0];
  if (leaf !== undefined) return `certificate ${latin1(leaf)}`;
  return pskIdentity.length === 0 ? "" : `psk ${latin1(pskIdentity)}`;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
