import { expect, test } from "vitest";
import { createTask, type Machine, Scheduler } from "../src/scheduler.ts";
import type { Surroundings } from "../src/surroundings.ts";

const [a, b, c] = [{}, {}, {}] as const;

/** A clock and an event loop that only move when told to. */
class StandStill implements Surroundings {
  time = 0;
  wakeup: (() => void) | undefined;
  reading: ((readUntil: number) => void) | undefined;

  now(): number {
    return this.time;
  }

  wake(_delayMs: number, callback: () => void): () => void {
    this.wakeup = callback;
    return () => {
      this.wakeup = undefined;
    };
  }

  wakeUp(): void {
    const callback = this.wakeup;
    this.wakeup = undefined;
    callback?.();
  }

  afterReading(callback: (readUntil: number) => void): void {
    this.reading = callback;
  }

  random = (): number => 0;
  cpuMicros = (): number => 0;
  openSocket = (): Promise<never> => Promise.reject(new Error("no network"));
}

class Recorder implements Machine {
  dueAt: number | undefined;
  readonly judgedAt: number[] = [];

  nextTimeout(): number | undefined {
    return this.dueAt;
  }

  handleTimeout(now: number): void {
    this.judgedAt.push(now);
    if (this.dueAt !== undefined && this.dueAt <= now) this.dueAt = undefined;
  }
}

function createSetting(sockets: number) {
  const world = new StandStill();
  const machine = new Recorder();
  const scheduler = new Scheduler(world, [machine], sockets);
  machine.dueAt = 100;
  scheduler.touched(machine);
  return { world, machine, scheduler };
}

test("time-outs are not judged before what had arrived is read", () => {
  const { world, machine } = createSetting(3);
  world.time = 150;
  world.wakeUp();
  expect(machine.judgedAt).toEqual([]);
  world.time = 180;
  world.reading?.(160);
  expect(machine.judgedAt).toEqual([160]);
});

test("an answer that was in the socket's buffer in time cancels its time-out", () => {
  const { world, machine, scheduler } = createSetting(3);
  world.time = 150;
  world.wakeUp();
  machine.dueAt = undefined;
  scheduler.datagramRead(170, a);
  world.reading?.(160);
  expect(machine.judgedAt).toEqual([160]);
  expect(world.wakeup).toBeUndefined();
});

test("a loop that never ends reading is judged after each socket had its turn", () => {
  const { world, machine, scheduler } = createSetting(3);
  scheduler.datagramRead(120, a);
  expect(machine.judgedAt).toEqual([]);
  scheduler.datagramRead(130, b);
  scheduler.datagramRead(140, c);
  expect(machine.judgedAt).toEqual([]);
  scheduler.datagramRead(150, a);
  expect(machine.judgedAt).toEqual([120]);
  world.reading?.(155);
  expect(machine.judgedAt).toEqual([120]);
});

test("a socket that is read several times in its turn does not take the turns of others", () => {
  const { machine, scheduler } = createSetting(3);
  for (const now of [120, 121, 122, 123]) scheduler.datagramRead(now, a);
  for (const now of [130, 131, 132, 133]) scheduler.datagramRead(now, b);
  expect(machine.judgedAt).toEqual([]);
  scheduler.datagramRead(140, c);
  scheduler.datagramRead(150, a);
  expect(machine.judgedAt).toEqual([120]);
});

test("tasks run in time even when the loop does not end reading", () => {
  const world = new StandStill();
  const scheduler = new Scheduler(world, [], 3);
  const ran: number[] = [];
  scheduler.set(
    createTask((now) => ran.push(now)),
    50,
  );
  scheduler.datagramRead(49, a);
  expect(ran).toEqual([]);
  scheduler.datagramRead(51, a);
  expect(ran).toEqual([51]);
});
