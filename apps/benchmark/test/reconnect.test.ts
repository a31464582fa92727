import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type BenchmarkConfig,
  defaultConfig,
  pskCredentials,
  type Report,
  resolveTargets,
  runBenchmark,
} from "../src/index.ts";
import { type EchoServer, startEchoServer } from "./echo-server.ts";

let server: EchoServer;
beforeEach(async () => {
  server = await startEchoServer("coaps");
});
afterEach(() => server.close());

const CLIENTS = 5;

/** Runs and calls `disturb` once, after the first window of the load. */
async function runDisturbed(disturb: () => void): Promise<Report> {
  let isDisturbed = false;
  const config: BenchmarkConfig = {
    ...defaultConfig,
    targets: await resolveTargets([`coaps://127.0.0.1:${server.port}/benchmark?rlen=40`]),
    credentials: pskCredentials("cali.*:.fornium"),
    clients: CLIENTS,
    requests: undefined,
    durationMs: 3000,
    intervalMs: 20,
    ackTimeoutMs: 200,
    maxRetransmit: 1,
    errorPauseMs: 50,
    reportIntervalMs: 300,
  };
  return runBenchmark(config, {
    print: (line) => {
      if (isDisturbed || !line.includes(" requests (")) return;
      isDisturbed = true;
      disturb();
    },
  });
}

test("clients of a server that lost its connections make new handshakes and go on", async () => {
  const report = await runDisturbed(() => server.restart());
  // At least: a busy machine may lose another race against the short ACK_TIMEOUT.
  expect(report.handshakesUnderLoad).toBeGreaterThanOrEqual(CLIENTS);
  expect(report.handshakes).toBe(CLIENTS + report.handshakesUnderLoad);
  expect(report.errors["no-answer"]).toBeGreaterThanOrEqual(CLIENTS);
  expect(report.problems).toHaveLength(1);
  expect(report.intervals.at(-1)?.responses).toBeGreaterThan(0);
});

test("close_notify of the server leads to new handshakes, too", async () => {
  const report = await runDisturbed(() => server.sayGoodbye());
  expect(report.handshakesUnderLoad).toBeGreaterThanOrEqual(CLIENTS);
  expect(report.intervals.at(-1)?.responses).toBeGreaterThan(0);
  expect(report.requests).toBe(report.responses + report.transmissionErrors + report.unfinished);
});
