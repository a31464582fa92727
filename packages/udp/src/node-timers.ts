/** Time and one-shot timers, as an {@link EndpointDriver} needs them. */
export interface Timers {
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls `run` after `delayMs`; returns what {@link cancel} takes. */
  schedule(run: () => void, delayMs: number): unknown;
  cancel(timer: unknown): void;
}

/** Longer delays overflow and would fire at once. */
const maxDelayMs = 2 ** 31 - 1;

/** The process's monotonic clock and timers, which alone do not keep the process alive. */
export const nodeTimers: Timers = {
  now: () => performance.now(),
  schedule: (run, delayMs) => setTimeout(run, Math.min(delayMs, maxDelayMs)).unref(),
  cancel: (timer) => clearTimeout(timer as NodeJS.Timeout),
};
