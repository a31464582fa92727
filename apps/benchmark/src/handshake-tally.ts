import { Histogram } from "./histogram.ts";

/** Figures of all handshakes, of the connecting phase and of the load. */
export class HandshakeTally {
  readonly duration: Histogram = new Histogram();
  readonly #failures = new Map<string, number>();
  #completed = 0;
  #failed = 0;

  get completed(): number {
    return this.#completed;
  }

  get failed(): number {
    return this.#failed;
  }

  complete(durationMs: number): void {
    this.#completed += 1;
    this.duration.record(durationMs);
  }

  fail(reason: string): void {
    this.#failed += 1;
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
  }

  /** Failed handshakes by reason. */
  failures(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#failures].sort());
  }
}
