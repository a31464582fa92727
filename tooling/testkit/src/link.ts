import type { JournalEvent } from "./journal.ts";
import type { Random } from "./random.ts";

/** How one direction between two hosts treats datagrams. Probabilities are 0 to 1. */
export interface LinkConditions {
  /** Time from sending to arrival. */
  readonly delayMs: number;
  /** Each datagram takes up to this much longer, evenly distributed: this is what reorders. */
  readonly jitterMs: number;
  readonly loss: number;
  /** Bursts: chance that a datagram begins one, and that one of its datagrams is the last lost. */
  readonly burst: { readonly begin: number; readonly end: number } | undefined;
  readonly duplicate: number;
  /** Largest UDP payload; longer datagrams vanish. */
  readonly mtu: number;
  /** Undefined: infinitely fast. */
  readonly bytesPerSecond: number | undefined;
  /** Bytes that may wait for the link when it has a rate; more are dropped. */
  readonly queueBytes: number;
}

export const idealLink: LinkConditions = {
  delayMs: 1,
  jitterMs: 0,
  loss: 0,
  burst: undefined,
  duplicate: 0,
  mtu: 65_507,
  bytesPerSecond: undefined,
  queueBytes: 65_536,
};

export type LinkDrop = Extract<JournalEvent, "lost" | "lost in burst" | "too big" | "queue full">;

/** One direction between two hosts: conditions, which may change at any time, and their state. */
export class Link {
  conditions: LinkConditions;
  #inBurst = false;
  #busyUntil = 0;

  constructor(conditions: LinkConditions) {
    this.conditions = conditions;
  }

  /** The times at which the copies of a datagram of `length` bytes arrive, or why none does. */
  transfer(length: number, now: number, random: Random): readonly number[] | LinkDrop {
    const { burst, bytesPerSecond, duplicate, loss, mtu } = this.conditions;
    if (length > mtu) return "too big";
    if (burst !== undefined) {
      if (!this.#inBurst && random.chance(burst.begin)) this.#inBurst = true;
      if (this.#inBurst) {
        if (random.chance(burst.end)) this.#inBurst = false;
        return "lost in burst";
      }
    } else {
      this.#inBurst = false;
    }
    if (random.chance(loss)) return "lost";
    let departure = now;
    if (bytesPerSecond !== undefined) {
      const begin = Math.max(now, this.#busyUntil);
      if (((begin - now) * bytesPerSecond) / 1000 > this.conditions.queueBytes) return "queue full";
      departure = begin + (length * 1000) / bytesPerSecond;
      this.#busyUntil = departure;
    }
    const first = this.#arrival(departure, random);
    return random.chance(duplicate) ? [first, this.#arrival(departure, random)] : [first];
  }

  #arrival(departure: number, random: Random): number {
    const { delayMs, jitterMs } = this.conditions;
    return departure + delayMs + (jitterMs > 0 ? random.next() * jitterMs : 0);
  }
}
