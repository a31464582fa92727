import { TestkitError } from "./errors.ts";

/**
 * Lets the event loop run until `condition` holds: for tests with real sockets, which have to wait for
 * events but must not sleep. @throws TestkitError after `withinMs`, by default 10 s.
 */
export async function eventually(condition: () => boolean, withinMs = 10_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > end) {
      throw new TestkitError(`does not hold after ${withinMs} ms: ${condition}`);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
