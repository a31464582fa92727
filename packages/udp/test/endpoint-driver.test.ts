import { VirtualClock } from "@dtls-cluster/testkit";
import { beforeEach, expect, test } from "vitest";
import { EndpointDriver, nodeTimers, type TimedPart, type Timers } from "../src/index.ts";

class Part implements TimedPart {
  due: number | undefined;
  readonly handledAt: number[] = [];
  onTimeout: (now: number) => void = () => undefined;

  nextTimeout(): number | undefined {
    return this.due;
  }

  handleTimeout(now: number): void {
    this.handledAt.push(now);
    this.due = undefined;
    this.onTimeout(now);
  }
}

let clock: VirtualClock;
let timers: Timers & { armed: number; reads: number };

beforeEach(() => {
  clock = new VirtualClock();
  timers = {
    armed: 0,
    reads: 0,
    now: () => {
      timers.reads += 1;
      return clock.now;
    },
    schedule: (run, delayMs) => {
      timers.armed += 1;
      return clock.after(delayMs, run);
    },
    cancel: (timer) => clock.cancel(timer as ReturnType<VirtualClock["after"]>),
  };
});

test("each part is called when it is due, and no other", () => {
  const first = new Part();
  const second = new Part();
  const driver = new EndpointDriver([first, second], { timers });
  first.due = 1100;
  second.due = 1050;
  driver.rearm();
  clock.advanceTo(2000);
  expect(second.handledAt).toEqual([1050]);
  expect(first.handledAt).toEqual([1100]);
});

test("a part that asks again within handleTimeout is called again", () => {
  const part = new Part();
  part.onTimeout = (now) => {
    part.due = now + 100;
  };
  const driver = new EndpointDriver([part], { timers });
  part.due = 1100;
  driver.rearm();
  clock.advanceTo(1450);
  expect(part.handledAt).toEqual([1100, 1200, 1300, 1400]);
});

test("deadlines that move later or vanish cost no timers", () => {
  const part = new Part();
  const driver = new EndpointDriver([part], { timers });
  for (let index = 0; index < 1000; index += 1) {
    part.due = 1500 + index;
    driver.endOfBatch();
  }
  expect(timers.armed).toBe(1);
  clock.advanceTo(1500);
  expect(part.handledAt).toEqual([]);
  part.due = undefined;
  clock.advanceTo(9000);
  expect(part.handledAt).toEqual([]);
  expect(timers.armed).toBe(2);
});

test("an earlier deadline moves the timer, unless it is within the tolerance", () => {
  const part = new Part();
  const driver = new EndpointDriver([part], { timers, toleranceMs: 10 });
  part.due = 1500;
  driver.rearm();
  part.due = 1495;
  driver.rearm();
  expect(timers.armed).toBe(1);
  part.due = 1200;
  driver.rearm();
  expect(timers.armed).toBe(2);
  clock.advanceTo(1300);
  expect(part.handledAt).toEqual([1200]);
});

test("overdue deadlines are served soon, and fractions are waited for", () => {
  const part = new Part();
  const driver = new EndpointDriver([part], { timers });
  part.due = 10;
  driver.rearm();
  clock.advanceTo(1001);
  expect(part.handledAt).toEqual([1001]);
  part.due = 1001.25;
  driver.rearm();
  clock.advanceTo(1002);
  expect(part.handledAt).toEqual([1001, 1002]);
});

test("the clock is read once a batch", () => {
  const driver = new EndpointDriver([new Part()], { timers });
  for (let index = 0; index < 30; index += 1) expect(driver.receiveTime()).toBe(1000);
  expect(driver.now()).toBe(1000);
  expect(timers.reads).toBe(1);
  clock.advanceTo(1005);
  driver.endOfBatch();
  expect(driver.now()).toBe(1005);
});

test("nothing is called after close", () => {
  const part = new Part();
  const driver = new EndpointDriver([part], { timers });
  part.due = 1100;
  driver.rearm();
  driver.close();
  driver.rearm();
  clock.advanceTo(5000);
  expect(part.handledAt).toEqual([]);
  expect(timers.armed).toBe(1);
});

test("runs on the process's own timers", async () => {
  const part = new Part();
  const driver = new EndpointDriver([part]);
  // The driver's timers do not keep the process alive; this interval does.
  const alive = setInterval(() => undefined, 1000);
  const handled = new Promise<number>((resolve) => {
    part.onTimeout = resolve;
  });
  const due = nodeTimers.now() + 5;
  part.due = due;
  driver.rearm();
  expect(await handled).toBeGreaterThanOrEqual(due);
  clearInterval(alive);
  driver.close();
});
