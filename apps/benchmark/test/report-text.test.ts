import { expect, test } from "vitest";
import { defaultConfig } from "../src/config.ts";
import type { Report } from "../src/report.ts";
import { connectLine, intervalLine, totalLines } from "../src/report-text.ts";
import { percentOf, Tally } from "../src/tally.ts";
import { verdict } from "../src/verdict.ts";

const durations = { p50: 0.1234, p90: 2, p99: 30, p999: 400.4, max: 5000 };

const report: Report = {
  requests: 1000,
  responses: 997,
  retransmissions: 20,
  transmissionErrors: 2,
  handshakes: 11,
  failedHandshakes: 1,
  clients: 10,
  durationMs: 10_000,
  requestsPerSecond: 99.7,
  latencyMs: durations,
  intervals: [],
  retransmissionPercent: 2,
  answerErrors: 3,
  unfinished: 1,
  errors: { "no-answer": 2, "wrong-code": 3 },
  handshakeFailures: { "handshake-timeout": 1 },
  handshakeMs: durations,
  connectMs: 1234,
  handshakesUnderLoad: 1,
  worstSecond: {
    endMs: 7000,
    requests: 10,
    responses: 5,
    retransmissions: 5,
    retransmissionPercent: 50,
    transmissionErrors: 0,
  },
  seconds: undefined,
  networkProblems: { ECONNREFUSED: 4 },
  cpuMicrosPerRequest: 17.25,
  problems: [],
};

test("a window's line has the seed's form", () => {
  const line = intervalLine({
    endMs: 10_000,
    requests: 47_500,
    requestsPerSecond: 5311.4,
    retransmissions: 19,
    retransmissionPercent: 0.04,
    transmissionErrors: 0,
    responses: 53_114,
    totalRequests: 150_016,
    clients: 4000,
  });
  expect(line).toBe(
    "150016 requests (5311 reqs/s, 19 retransmissions (0.04%), 0 transmission errors (0.00%), 4000 clients)",
  );
});

test("the end tells totals, latency, handshakes, errors by kind, the worst second and CPU", () => {
  expect(totalLines(report).join("\n")).toMatchInlineSnapshot(`
    "totals:     1000 requests, 997 responses in 10.0 s, 100 reqs/s, 20 retransmissions (2.00%), 2 transmission errors, 1 unfinished
    latency:    50% 0.12 ms, 90% 2.00 ms, 99% 30 ms, 99.9% 400 ms, max 5000 ms
    handshakes: 11, 1 failed, all tried in 1.2 s, 1 under load; 50% 0.12 ms, 90% 2.00 ms, 99% 30 ms, 99.9% 400 ms, max 5000 ms
    errors:     2 no-answer, 3 wrong-code
                handshakes: 1 handshake-timeout
                network: 4 ECONNREFUSED
    worst:      second 7 with 5 retransmissions (50.00% of 10 requests)
    client CPU: 17.3 µs per request"
  `);
});

test("the progress of connecting tells rate and failures", () => {
  expect(connectLine(1200, 3, 2000, 4000, false)).toBe(
    "1200 of 2000 clients connected (300 clients/s, 3 failed)",
  );
  expect(connectLine(2000, 0, 2000, 3210, true)).toBe(
    "2000 of 2000 clients connected in 3.2 s (623 clients/s, 0 failed)",
  );
});

test("the verdict counts every error and both limits", () => {
  expect(verdict(report, defaultConfig)).toEqual([
    "7 errors (2 transmission errors, 3 wrong answers, 1 unfinished, 1 failed handshakes), --max-errors allows 0",
  ]);
  expect(verdict(report, { maxErrors: 7, maxRetransmissionPercent: 2 })).toEqual([]);
  expect(verdict(report, { maxErrors: 7, maxRetransmissionPercent: 1.9 })).toEqual([
    "2.00% retransmissions, --max-retransmission-percent allows 1.9",
  ]);
  expect(
    verdict({ ...report, responses: 0 }, { maxErrors: 7, maxRetransmissionPercent: 2 }),
  ).toEqual(["not one request was answered"]);
});

test("repetitions without any new request are 100 percent, nothing at all is 0", () => {
  expect(percentOf(5, 0)).toBe(100);
  expect(percentOf(0, 0)).toBe(0);
  expect(percentOf(1, 4)).toBe(25);
});

test("the tally keeps seconds apart", () => {
  const tally = new Tally();
  tally.start(500);
  tally.request(500);
  tally.request(1499);
  tally.request(1500);
  tally.retransmission(1500);
  tally.response(3, 300_500);
  expect(tally.seconds().slice(0, 2)).toEqual([
    {
      endMs: 1000,
      requests: 2,
      responses: 0,
      retransmissions: 0,
      retransmissionPercent: 0,
      transmissionErrors: 0,
    },
    {
      endMs: 2000,
      requests: 1,
      responses: 0,
      retransmissions: 1,
      retransmissionPercent: 100,
      transmissionErrors: 0,
    },
  ]);
  expect(tally.seconds()).toHaveLength(301);
  expect(tally.worstSecond(301_000)?.endMs).toBe(2000);
  expect(tally.worstSecond(1500)?.endMs).toBe(1000);
});
