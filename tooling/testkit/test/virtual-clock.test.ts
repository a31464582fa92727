import { expect, test } from "vitest";
import { VirtualClock } from "../src/virtual-clock.ts";

test("wake-ups run in order of time, and in order of asking at one instant", () => {
  const clock = new VirtualClock();
  const log: string[] = [];
  clock.after(20, () => log.push(`c ${clock.now}`));
  clock.after(10, () => log.push(`a ${clock.now}`));
  clock.after(10, () => log.push(`b ${clock.now}`));
  clock.advanceTo(1100);
  expect(log).toEqual(["a 1010", "b 1010", "c 1020"]);
  expect(clock.now).toBe(1100);
  expect(clock.next).toBeUndefined();
});

test("wake-ups asked for on the way run on the way", () => {
  const clock = new VirtualClock();
  const times: number[] = [];
  const tick = (): void => {
    times.push(clock.now);
    clock.after(10, tick);
  };
  clock.after(10, tick);
  clock.advanceTo(1035);
  expect(times).toEqual([1010, 1020, 1030]);
  expect(clock.next).toBe(1040);
});

test("a cancelled wake-up does not run, and time never goes back", () => {
  const clock = new VirtualClock();
  let runs = 0;
  clock.cancel(clock.after(10, () => (runs += 1)));
  clock.advanceTo(1020);
  clock.advanceTo(1);
  clock.at(5, () => (runs += 10));
  clock.advanceTo(clock.now);
  expect(runs).toBe(10);
  expect(clock.now).toBe(1020);
});
