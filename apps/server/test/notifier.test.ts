import { describe, expect, it } from "vitest";
import { Notifier } from "../src/resources/notifier.ts";

function notifying() {
  const world = { isObserved: false, told: [] as number[] };
  const notifier = new Notifier(
    100,
    () => world.isObserved,
    (now) => void world.told.push(now),
  );
  /** Serves deadlines as a driver does, looking each 10 ms. */
  const run = (from: number, until: number): void => {
    for (let now = from; now <= until; now += 10) {
      if ((notifier.nextTimeout() ?? Number.POSITIVE_INFINITY) <= now) notifier.handleTimeout(now);
    }
  };
  return { world, notifier, run };
}

describe("the notifier of /benchmark", () => {
  it("wants no time while nobody observes", () => {
    const { notifier } = notifying();
    expect(notifier.nextTimeout()).toBeUndefined();
  });

  it("tells a new state in each interval from the first observation on, and keeps its time", () => {
    const { world, notifier, run } = notifying();
    world.isObserved = true;
    run(1000, 1350);
    expect(world.told).toEqual([1100, 1200, 1300]);
    expect(notifier.stateAt).toBe(1300);
  });

  it("rests when the last one is gone, and begins with a whole interval again", () => {
    const { world, notifier, run } = notifying();
    world.isObserved = true;
    run(1000, 1100);
    world.isObserved = false;
    run(1110, 1500);
    expect(notifier.nextTimeout()).toBeUndefined();
    world.isObserved = true;
    run(2000, 2100);
    expect(world.told).toEqual([1100, 2100]);
  });
});
