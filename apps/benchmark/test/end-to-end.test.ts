import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EchoServer, startEchoServer } from "./echo-server.ts";
import { runMain } from "./run-main.ts";

let secure: EchoServer;
let plain: EchoServer;
const folder = mkdtempSync(join(tmpdir(), "benchmark-run-"));

beforeAll(async () => {
  secure = await startEchoServer("coaps");
  plain = await startEchoServer("coap");
});
afterAll(async () => {
  await Promise.all([secure.close(), plain.close()]);
  rmSync(folder, { recursive: true });
});

const secureUri = (): string => `coaps://127.0.0.1:${secure.port}/benchmark?rlen=40`;

test("clients over DTLS: all answered, each request executed once, figures as promised", async () => {
  const json = join(folder, "secure.json");
  const { code, stdout, stderr } = await runMain([
    secureUri(),
    ...["--clients", "20", "--requests", "400", "--rebind", "7", "--json", json],
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^20 of 20 clients connected in /);
  expect(stdout).toMatch(/\n400 requests \(\d+ reqs\/s, \d+ retransmissions/);
  const report = JSON.parse(readFileSync(json, "utf8"));
  expect(readdirSync(folder)).toEqual(["secure.json"]);
  expect(report).toMatchObject({
    requests: 400,
    responses: 400,
    transmissionErrors: 0,
    handshakes: 20,
    failedHandshakes: 0,
    clients: 20,
    retransmissions: expect.any(Number),
    durationMs: expect.any(Number),
    requestsPerSecond: expect.any(Number),
    latencyMs: {
      p50: expect.any(Number),
      p90: expect.any(Number),
      p99: expect.any(Number),
      p999: expect.any(Number),
      max: expect.any(Number),
    },
    problems: [],
  });
  expect(report.intervals.at(-1)).toMatchObject({
    endMs: expect.any(Number),
    requests: expect.any(Number),
    requestsPerSecond: expect.any(Number),
    retransmissions: expect.any(Number),
    retransmissionPercent: expect.any(Number),
    transmissionErrors: 0,
  });
  expect(secure.executions.size).toBe(400);
  expect([...secure.executions.values()].every((times) => times === 1)).toBe(true);
  expect([...secure.executions.keys()].every((key) => /^000000\d\d:00000\d{5}$/.test(key))).toBe(
    true,
  );
});

test("--spread sends requests to every node, but each handshake to one", async () => {
  const cluster = await startEchoServer("coaps", 0, 3);
  const uris = cluster.sockets.map(({ port }) => `coaps://127.0.0.1:${port}/benchmark?rlen=40`);
  const { code, stderr } = await runMain([
    ...uris,
    ...["--spread", "--clients", "3", "--requests", "90", "--quiet"],
  ]);
  await cluster.close();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect([...cluster.executions.values()].reduce((sum, times) => sum + times, 0)).toBe(90);
  for (const socket of cluster.sockets) {
    expect(socket.handshakeDatagrams).toBeGreaterThanOrEqual(3);
    expect(socket.dataDatagrams).toBeGreaterThanOrEqual(25);
    expect(socket.dataDatagrams).toBeLessThanOrEqual(40);
  }
});

test("--home sends every handshake to one node", async () => {
  const cluster = await startEchoServer("coaps", 0, 3);
  const uris = cluster.sockets.map(({ port }) => `coaps://127.0.0.1:${port}/benchmark?rlen=40`);
  const { code, stderr } = await runMain([
    ...uris,
    ...["--home", "2", "--spread", "--clients", "3", "--requests", "90", "--quiet"],
  ]);
  await cluster.close();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const [first, second, third] = cluster.sockets;
  expect(first?.handshakeDatagrams).toBe(0);
  expect(second?.handshakeDatagrams).toBeGreaterThanOrEqual(9);
  expect(third?.handshakeDatagrams).toBe(0);
  expect(first?.dataDatagrams).toBeGreaterThanOrEqual(25);
});

test("--spread needs a server that gives Connection IDs", async () => {
  const cluster = await startEchoServer("coaps", 0, 2, 0);
  const uris = cluster.sockets.map(({ port }) => `coaps://127.0.0.1:${port}/benchmark?rlen=40`);
  const { code, stderr } = await runMain([...uris, "--spread", "--clients", "3", "--quiet"]);
  await cluster.close();
  expect(code).toBe(1);
  expect(stderr).toMatch(/the server gave no Connection ID; --spread and --rebind need one/);
});

test("plain CoAP makes no handshakes", async () => {
  const json = join(folder, "plain.json");
  const { code } = await runMain([
    `coap://127.0.0.1:${plain.port}/benchmark?rlen=40`,
    ...["--clients", "5", "--requests", "50", "--non", "--quiet", "--json", json],
  ]);
  expect(code).toBe(0);
  const report = JSON.parse(readFileSync(json, "utf8"));
  expect(report).toMatchObject({ requests: 50, responses: 50, handshakes: 0, problems: [] });
});

test("a wrong secret fails every handshake, and the run", async () => {
  const { code, stderr } = await runMain([
    secureUri(),
    ...["--clients", "3", "--psk", "cali.*:wrong", "--handshake-timeout", "1", "--quiet"],
  ]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/no client could connect/);
});

test("nobody there: the run ends by itself", async () => {
  const { code, stderr } = await runMain([
    "coaps://127.0.0.1:1/benchmark",
    ...["--clients", "3", "--handshake-timeout", "0.5", "--quiet"],
  ]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/no client could connect \(handshake-timeout/);
});

test.each([
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("%s ends the run with its totals", async (signal, expected) => {
  const { code, stdout } = await runMain(
    [secureUri(), "--clients", "5", "--report-interval", "0.2"],
    {},
    (output, kill) => {
      if (/ requests \(/.test(output) && !output.includes("totals:")) kill(signal);
    },
  );
  expect(code).toBe(expected);
  expect(stdout).toMatch(/\ntotals: {5}\d+ requests/);
});

test("a reader that goes away ends the run with a goodbye to the servers", async () => {
  const { code, stderr } = await runMain(
    [secureUri(), "--clients", "5", "--report-interval", "0.2"],
    {},
    (_output, _kill, stopReading) => stopReading(),
  );
  expect({ code, stderr }).toEqual({ code: 141, stderr: "" });
});
