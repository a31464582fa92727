import { Code } from "@dtls-cluster/coap";
import fc from "fast-check";
import { expect, test } from "vitest";
import { runPlain } from "./plain-run.ts";
import { VirtualWorld } from "./virtual-world.ts";

test("every request is answered and counted once when nothing is lost", async () => {
  const world = new VirtualWorld();
  const report = await runPlain(world, { requests: 300, durationMs: undefined });
  expect(report).toMatchObject({
    requests: 300,
    responses: 300,
    retransmissions: 0,
    transmissionErrors: 0,
    unfinished: 0,
    problems: [],
  });
  expect(world.executions.size).toBe(300);
  expect(world.openSockets).toBe(0);
  expect(report.latencyMs.max).toBeCloseTo(2, 6);
});

test("a small number of requests is shared evenly", async () => {
  const world = new VirtualWorld();
  const report = await runPlain(world, { clients: 8, requests: 20, durationMs: undefined });
  expect(report).toMatchObject({ requests: 20, responses: 20, problems: [] });
  const counts = new Map<string, number>();
  for (const key of world.executions.keys()) {
    const client = key.split(":")[0] ?? "";
    counts.set(client, (counts.get(client) ?? 0) + 1);
  }
  expect(Math.max(...counts.values())).toBeLessThanOrEqual(3);
});

test("a request that was sent three times is one request, two retransmissions, one response", async () => {
  // The first datagrams up are lost: the only client must repeat its first request twice.
  const world = new VirtualWorld({ loses: (_direction, count) => count <= 2 });
  const report = await runPlain(world, { clients: 1, requests: 1, durationMs: undefined });
  expect(report).toMatchObject({
    requests: 1,
    responses: 1,
    retransmissions: 2,
    transmissionErrors: 0,
    retransmissionPercent: 200,
  });
  expect(report.latencyMs.max).toBeGreaterThanOrEqual(6000);
  expect(report.latencyMs.max).toBeLessThanOrEqual(9002);
});

test("an answer that is lost does not make the server execute the request again", async () => {
  const world = new VirtualWorld({ loses: (direction) => direction === "down" && coin() });
  let state = 1;
  const coin = (): boolean => {
    state = (state * 48_271) % 2_147_483_647;
    return state % 3 === 0;
  };
  const report = await runPlain(world, { requests: 200, durationMs: undefined });
  expect(report.retransmissions).toBeGreaterThan(0);
  expect([...world.executions.values()].every((times) => times === 1)).toBe(true);
});

test("a run leaves no timer behind", async () => {
  const world = new VirtualWorld({ loses: () => true });
  await runPlain(world, { durationMs: 5000, graceMs: 1000 });
  expect(world.pendingWakeups).toBe(0);
});

test("a silent server ends every exchange within MAX_TRANSMIT_WAIT, and the run at its duration", async () => {
  const world = new VirtualWorld({ loses: () => true });
  const report = await runPlain(world, { clients: 2, durationMs: 300_000, graceMs: 5000 });
  expect(report.responses).toBe(0);
  expect(report.errors).toEqual({ "no-answer": report.transmissionErrors });
  expect(report.transmissionErrors).toBeGreaterThanOrEqual(2 * 3);
  expect(report.requests).toBe(report.transmissionErrors + report.unfinished);
  expect(report.problems).toContain("not one request was answered");
  expect(report.durationMs).toBe(300_000);
  expect(world.openSockets).toBe(0);
});

test("a silent server ends a run that has no duration", async () => {
  const world = new VirtualWorld({ loses: (_direction, count) => count > 50 });
  const report = await runPlain(world, { requests: 1_000_000, durationMs: undefined });
  expect(report.responses).toBeGreaterThan(0);
  expect(report.problems.join()).toMatch(/no answer for \d+ s/);
  expect(world.openSockets).toBe(0);
});

test("a separate response after the duration is waited for within the grace period", async () => {
  const world = new VirtualWorld({ separateAfterMs: 4000 });
  const settings = { clients: 2, durationMs: 10_000, intervalMs: 1000 };
  const patient = await runPlain(world, { ...settings, graceMs: 5000 });
  expect(patient).toMatchObject({ unfinished: 0, problems: [] });
  expect(patient.responses).toBe(patient.requests);
  const impatient = await runPlain(new VirtualWorld({ separateAfterMs: 4000 }), {
    ...settings,
    graceMs: 100,
  });
  expect(impatient.unfinished).toBeGreaterThan(0);
  expect(impatient.requests).toBe(impatient.responses + impatient.unfinished);
  expect(impatient.problems.join()).toContain("unfinished");
});

test("wrong codes and lengths are errors of their own kind", async () => {
  const notFound = new VirtualWorld({ answer: { code: Code.notFound, length: 0 } });
  const codes = await runPlain(notFound, { requests: 6, durationMs: undefined });
  expect(codes).toMatchObject({ responses: 6, answerErrors: 6, errors: { "wrong-code": 6 } });
  expect(codes.problems).toHaveLength(1);
  const short = new VirtualWorld({ answer: { code: Code.changed, length: 39 } });
  const lengths = await runPlain(short, { requests: 6, durationMs: undefined });
  expect(lengths.errors).toEqual({ "wrong-length": 6 });
  const unchecked = new VirtualWorld({ answer: { code: Code.changed, length: 39 } });
  const off = await runPlain(unchecked, { requests: 6, durationMs: undefined, verify: false });
  expect(off.problems).toEqual([]);
});

test("a client takes a new socket after every n answers", async () => {
  const world = new VirtualWorld();
  const report = await runPlain(world, {
    clients: 2,
    requests: 100,
    durationMs: undefined,
    rebindEvery: 10,
  });
  expect(report.responses).toBe(100);
  expect(world.socketsOpened).toBeGreaterThanOrEqual(10);
  expect(world.openSockets).toBe(0);
});

test("an interval paces each client", async () => {
  const world = new VirtualWorld();
  const report = await runPlain(world, { clients: 4, intervalMs: 500, durationMs: 60_000 });
  expect(report.requests).toBe(4 * 120);
  expect(report.requestsPerSecond).toBeCloseTo(8, 6);
});

test("windows add up to the totals, seconds do not hide an outage", async () => {
  const world: VirtualWorld = new VirtualWorld({
    loses: () => world.now() > 25_000 && world.now() < 27_000,
  });
  const lines: string[] = [];
  const report = await runPlain(world, { durationMs: 35_000, intervalMs: 100 }, (line) =>
    lines.push(line),
  );
  expect(report.intervals.map((interval) => Math.round(interval.endMs / 1000))).toEqual([
    10, 20, 30, 35,
  ]);
  for (const field of ["requests", "retransmissions", "transmissionErrors", "responses"] as const) {
    const sum = report.intervals.reduce((total, interval) => total + interval[field], 0);
    expect(sum).toBe(report[field]);
  }
  expect(report.worstSecond?.retransmissionPercent).toBeGreaterThan(
    Math.max(...report.intervals.map((interval) => interval.retransmissionPercent)),
  );
  const form =
    /^\d+ requests \(\d+ reqs\/s, \d+ retransmissions \(\d+\.\d\d%\), \d+ transmission errors \(\d+\.\d\d%\), \d+ clients\)$/;
  expect(lines.filter((line) => form.test(line))).toHaveLength(4);
});

test("an interruption ends the run early and reports what happened", async () => {
  const world = new VirtualWorld();
  const interruption = new AbortController();
  world.wake(5000, () => interruption.abort());
  const report = await runPlain(world, { durationMs: 600_000 }, undefined, interruption.signal);
  expect(report.durationMs).toBeGreaterThan(3000);
  expect(report.durationMs).toBeLessThan(6000);
  expect(report.requests).toBe(report.responses + report.unfinished);
  expect(world.openSockets).toBe(0);
});

test("under any loss each request ends in exactly one way", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.boolean(),
      async (percent, seed, confirmable) => {
        let state = seed;
        const world = new VirtualWorld({
          loses: () => {
            state = (state * 48_271) % 2_147_483_647;
            return state % 100 < percent;
          },
        });
        const report = await runPlain(world, {
          requests: 60,
          durationMs: 120_000,
          maxRetransmit: 2,
          confirmable,
        });
        expect(report.requests).toBe(
          report.responses + report.transmissionErrors + report.unfinished,
        );
        expect(report.requests).toBeLessThanOrEqual(60);
        if (!confirmable) expect(report.retransmissions).toBe(0);
      },
    ),
    { numRuns: 40 },
  );
});
