import { nodeTimers, type Timers } from "./node-timers.ts";

/** A sans-IO part that wants to be called at certain times: endpoints, CoAP layers, memberships. */
export interface TimedPart {
  handleTimeout(now: number): void;
  /** When {@link handleTimeout} wants to be called, undefined for never. */
  nextTimeout(): number | undefined;
}

export interface EndpointDriverOptions {
  readonly timers?: Timers;
  /** Deadlines may be served this much late, which spares timers. Milliseconds, default 2. */
  readonly toleranceMs?: number;
}

/**
 * Gives sans-IO parts their time with one timer. A timer once armed is never moved later, because a
 * deadline that vanished costs one idle wake-up, and one that moves with each datagram would cost a
 * timer each.
 *
 * In a receiver: `receive` takes its time from {@link now}, `endOfBatch` calls {@link endOfBatch}. Who calls
 * a part outside of a batch (connect, send) calls {@link rearm} afterwards.
 */
export class EndpointDriver {
  readonly #parts: readonly TimedPart[];
  readonly #timers: Timers;
  readonly #toleranceMs: number;
  #timer: unknown;
  #armedFor = Number.POSITIVE_INFINITY;
  #batchTime: number | undefined;
  #isClosed = false;

  constructor(parts: readonly TimedPart[], options: EndpointDriverOptions = {}) {
    this.#parts = parts;
    this.#timers = options.timers ?? nodeTimers;
    this.#toleranceMs = options.toleranceMs ?? 2;
  }

  /** The present, in monotonic milliseconds. */
  now(): number {
    return this.#batchTime ?? this.#timers.now();
  }

  /** The time of the running batch: the clock is read for its first datagram only. */
  receiveTime(): number {
    this.#batchTime ??= this.#timers.now();
    return this.#batchTime;
  }

  /** Ends a batch: parts have new deadlines, and the clock is read again. */
  endOfBatch(): void {
    this.#batchTime = undefined;
    this.rearm();
  }

  /** Looks at the deadlines and arms the timer when one comes earlier than it. */
  rearm(): void {
    if (this.#isClosed) return;
    let next = Number.POSITIVE_INFINITY;
    for (const part of this.#parts) {
      const timeout = part.nextTimeout();
      if (timeout !== undefined && timeout < next) next = timeout;
    }
    if (next >= this.#armedFor - this.#toleranceMs || next === Number.POSITIVE_INFINITY) return;
    if (this.#armedFor !== Number.POSITIVE_INFINITY) this.#timers.cancel(this.#timer);
    this.#armedFor = next;
    this.#timer = this.#timers.schedule(this.#onTimer, Math.max(1, Math.ceil(next - this.now())));
  }

  /** No timeout is handled from now on. */
  close(): void {
    if (this.#armedFor !== Number.POSITIVE_INFINITY) this.#timers.cancel(this.#timer);
    this.#armedFor = Number.POSITIVE_INFINITY;
    this.#isClosed = true;
  }

  readonly #onTimer = (): void => {
    this.#armedFor = Number.POSITIVE_INFINITY;
    const now = this.#timers.now();
    for (const part of this.#parts) {
      const timeout = part.nextTimeout();
      if (timeout !== undefined && timeout <= now) part.handleTimeout(now);
    }
    this.rearm();
  };
}
