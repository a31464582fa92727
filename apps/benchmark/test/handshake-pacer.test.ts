import { expect, test } from "vitest";
import { type Applicant, HandshakePacer } from "../src/handshake-pacer.ts";
import { Scheduler } from "../src/scheduler.ts";
import { VirtualWorld } from "./virtual-world.ts";

interface Attempt extends Applicant {
  beganAt: number | undefined;
}

function createAttempts(count: number): Attempt[] {
  return Array.from({ length: count }, () => {
    const attempt: Attempt = {
      beganAt: undefined,
      beginHandshake: (now) => {
        attempt.beganAt = now;
      },
    };
    return attempt;
  });
}

function createPacer(world: VirtualWorld, atOnce: number, rate?: number): HandshakePacer {
  return new HandshakePacer(new Scheduler(world, [], 1), atOnce, rate);
}

function pass(world: VirtualWorld, ms: number): Promise<void> {
  return world.drive(
    new Promise<void>((resolve) => {
      world.wake(ms, resolve);
    }),
  );
}

test("no more handshakes at once than allowed, in order of application", () => {
  const world = new VirtualWorld();
  const pacer = createPacer(world, 2);
  const attempts = createAttempts(4);
  for (const attempt of attempts) pacer.apply(attempt, world.now());
  const begun = (): boolean[] => attempts.map(({ beganAt }) => beganAt !== undefined);
  expect(begun()).toEqual([true, true, false, false]);
  pacer.done(attempts[1] as Attempt, world.now());
  expect(begun()).toEqual([true, true, true, false]);
  pacer.done(attempts[0] as Attempt, world.now());
  expect(begun()).toEqual([true, true, true, true]);
});

test("no more handshakes in a second than allowed", async () => {
  const world = new VirtualWorld();
  const start = world.now();
  const pacer = createPacer(world, 100, 20);
  const attempts = createAttempts(50);
  for (const attempt of attempts) pacer.apply(attempt, start);
  await pass(world, 1000);
  const begun = attempts.filter(({ beganAt }) => beganAt !== undefined).length;
  expect(begun).toBeGreaterThanOrEqual(20);
  expect(begun).toBeLessThanOrEqual(24);
  await pass(world, 2000);
  expect(attempts.every(({ beganAt }) => beganAt !== undefined)).toBe(true);
});

test("handshakes that hang do not hold up the others for ever", async () => {
  const world = new VirtualWorld();
  const start = world.now();
  const pacer = createPacer(world, 2);
  const attempts = createAttempts(5);
  for (const attempt of attempts) pacer.apply(attempt, start);
  await pass(world, 10_000);
  expect(attempts.map(({ beganAt }) => (beganAt ?? 0) - start)).toEqual([0, 0, 3000, 3000, 6000]);
});
