import { InteropError } from "./interop-error.ts";

const POLL_MS = 5;

/** A point in time from now on. */
export function deadline(withinMs: number): { readonly isOver: boolean; readonly leftMs: number } {
  const end = performance.now() + withinMs;
  return {
    get isOver() {
      return performance.now() >= end;
    },
    get leftMs() {
      return Math.max(1, end - performance.now());
    },
  };
}

/** Looks every few milliseconds whether `condition` holds. @throws InteropError that names it, when it does not in time. */
export async function until(condition: () => boolean, withinMs = 10_000): Promise<void> {
  const timer = deadline(withinMs);
  while (!condition()) {
    if (timer.isOver) throw new InteropError(`does not hold after ${withinMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
