import type { HandoverInput, HandoverState } from "@dtls-cluster/handover";

/** How much slower than the other's a clock may be, that of a process which is short of CPU included. */
const MARGIN = 2.5;

/**
 * The lease of the copy that a process keeps after it handed over. It asks its successor for its status
 * again and again; when no answer came for the length of the lease, it drops the copy. So a new owner that
 * was not asked for much longer knows that there is none any more, although nobody can tell whether
 * the other process is dead: its host may be gone, and an address that is gone refuses nothing.
 */
export class CopyLease {
  readonly #leaseMs: number;
  /** When the question was sent that was answered last, or when the copy was sealed. */
  #renewedAt: number | undefined;
  /** When each process asked last, by this process's clock. */
  readonly #asked: Map<string, number> = new Map();
  #servesSince: number | undefined;
  #toldMs: number | undefined;

  /** @param leaseMs of the copy that this process keeps. */
  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /** How long the process keeps its copy from which this one takes; undefined: it did not say. */
  told(leaseMs: number | undefined): void {
    this.#toldMs = leaseMs;
  }

  /** The successor answered a question that was sent at `sentAt`. */
  renewed(sentAt: number): void {
    this.#renewedAt = Math.max(sentAt, this.#renewedAt ?? sentAt);
  }

  /** A process asked, and is answered. */
  askedBy(id: string, now: number): void {
    if (this.#asked.size >= 64) this.#asked.clear();
    this.#asked.set(id, now);
  }

  /** What time has brought about; to be called every second or so. */
  inputs(state: HandoverState, now: number): readonly HandoverInput[] {
    if (state.side === "taker") {
      this.#servesSince = undefined;
      return [];
    }
    if (state.phase === "late" || state.phase === "relaying") {
      this.#servesSince = undefined;
      this.#renewedAt ??= now;
      const isOver = state.reserve !== undefined && now - this.#renewedAt > this.#leaseMs;
      return isOver ? [{ type: "lease-over" }] : [];
    }
    this.#renewedAt = undefined;
    this.#servesSince ??= now;
    // The longer one, should two starts of one deployment differ.
    const leaseMs = Math.max(this.#leaseMs, this.#toldMs ?? 0);
    const silentSince = now - MARGIN * leaseMs;
    const lost: HandoverInput[] = [];
    for (const { id, attempt } of state.holders) {
      const heardAt = Math.max(this.#servesSince, this.#asked.get(id) ?? 0);
      if (attempt === 0 && heardAt < silentSince) lost.push({ type: "peer-lost", id });
    }
    return lost;
  }
}
