import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DelayedDown, Readiness } from "../src/index.ts";

describe("a signal with a delayed going-down", () => {
  it("stays up for the delay and then goes down, comes up at once", () => {
    const signal = new DelayedDown(4000, false);
    expect(signal.update(false, 0)).toBe(false);
    expect(signal.update(true, 1)).toBe(true);
    expect(signal.update(false, 100)).toBe(true);
    expect(signal.update(false, 4099)).toBe(true);
    expect(signal.update(false, 4100)).toBe(false);
    expect(signal.update(true, 4101)).toBe(true);
    expect(signal.update(false, 5000)).toBe(true);
    expect(signal.update(true, 8000)).toBe(true);
    expect(signal.update(false, 9000)).toBe(true);
    expect(signal.update(false, 12_999)).toBe(true);
    expect(signal.update(false, 13_000)).toBe(false);
  });

  it("is up exactly if its cause was up at most one delay ago, however often it is asked", () => {
    const steps = fc.array(fc.record({ wait: fc.nat(3000), cause: fc.boolean() }));
    fc.assert(
      fc.property(steps, (list) => {
        const signal = new DelayedDown(4000, false);
        let now = 0;
        // The delay counts from the first time that the cause was seen to be gone.
        let goneAt = Number.NEGATIVE_INFINITY;
        let wasUp = false;
        for (const { wait, cause } of list) {
          now += wait;
          if (!cause && wasUp) goneAt = now;
          wasUp = cause;
          expect(signal.update(cause, now)).toBe(cause || now < goneAt + 4000);
        }
      }),
    );
  });
});

describe("readiness", () => {
  it("needs all components, which may be added at any time", () => {
    let now = 0;
    const readiness = new Readiness({ now: () => now, downDelayMs: 4000 });
    expect(readiness.isReady).toBe(false);
    const cluster = readiness.add("cluster");
    let sockets = true;
    readiness.add("sockets", () => sockets);
    expect(readiness.isReady).toBe(false);
    cluster.set(true);
    expect(readiness.isReady).toBe(true);

    const restore = readiness.add("restore");
    expect(readiness.report()).toEqual({
      isReady: true,
      isComplete: false,
      components: [
        { name: "cluster", isReady: true },
        { name: "sockets", isReady: true },
        { name: "restore", isReady: false },
      ],
    });
    restore.set(true);
    now = 10_000;
    expect(readiness.report()).toMatchObject({ isReady: true, isComplete: true });
    // The delay begins with the change, although nobody asks for a while.
    restore.set(false);
    now = 13_999;
    expect(readiness.isReady).toBe(true);
    now = 14_000;
    expect(readiness.isReady).toBe(false);
    restore.remove();
    expect(readiness.isReady).toBe(true);
    sockets = false;
    expect(readiness.report()).toMatchObject({ isReady: true, isComplete: false });
  });

  it("refuses a name twice", () => {
    const readiness = new Readiness();
    readiness.add("cluster");
    expect(() => readiness.add("cluster")).toThrow("readiness component cluster exists");
  });
});
