import type { Benchmark, Part } from "../benchmark.ts";
import { cpuTimeOf } from "../measure/process-cpu.ts";
import { Load, type LoadReport } from "../process/load.ts";
import { Server, type ServerCounters } from "../process/server.ts";

const CLIENTS = 4000;
const NODES = 3;
const SECONDS = 60;
const INTERVAL_SECONDS = 10;

export const run60: Benchmark = {
  name: "run60",
  title: "A minute of load on a cluster",
  summary: `${SECONDS} s with ${CLIENTS} clients over ${NODES} nodes with --spread: what is lost or repeated`,
  run: async ({ progress }) => {
    const nodes = await Server.startCluster(NODES, {
      batch: "auto",
      statusIntervalSeconds: 10,
    });
    const counters: ServerCounters[] = [];
    let report: LoadReport | undefined;
    let cpuSeconds: number[] = [];
    try {
      const load = new Load({
        uris: nodes.map(({ coaps }) => `coaps://${coaps}/benchmark?rlen=40`),
        clients: CLIENTS,
        seconds: SECONDS,
        reportInterval: INTERVAL_SECONDS,
        args: ["--spread"],
        onLine: (n, { requests }) =>
          progress(`run60: ${n * INTERVAL_SECONDS} s, ${requests} requests`),
      });
      await load.connected();
      progress(`run60: ${CLIENTS} clients are connected`);
      report = await load.report();
      cpuSeconds = nodes.map(({ pid }) => cpuTimeOf(pid).total / 1e6);
    } finally {
      for (const stopped of await Promise.all(nodes.map((node) => node.stop()))) {
        counters.push(stopped);
      }
    }
    return [clientTable(report), nodesTable(counters, cpuSeconds), ...problems(report)];
  },
};

function clientTable(report: LoadReport): Part {
  const worst = report.intervals.reduce((a, b) =>
    b.retransmissionPercent > a.retransmissionPercent ? b : a,
  );
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const rows = [
    ["requests", String(report.requests)],
    ["req/s", report.requestsPerSecond.toFixed(0)],
    ["transmission errors", String(report.transmissionErrors)],
    ["wrong answers", String(report.answerErrors)],
    ["unfinished", String(report.unfinished)],
    ["failed handshakes", String(report.failedHandshakes)],
    ["handshakes under load", String(report.handshakesUnderLoad)],
    ["retransmissions", `${report.retransmissions} (${report.retransmissionPercent.toFixed(3)} %)`],
    [
      `worst ${INTERVAL_SECONDS} s`,
      `${worst.retransmissionPercent.toFixed(3)} % retransmissions, ${worst.transmissionErrors} errors`,
    ],
    [`seconds until ${CLIENTS} clients were connected`, (report.connectMs / 1000).toFixed(1)],
    ["latency 50 %", ms(report.latencyMs.p50)],
    ["latency 99 %", ms(report.latencyMs.p99)],
    ["longest latency", ms(report.latencyMs.max)],
  ];
  return { kind: "table", table: { head: ["client", "figure"], rows } };
}

function nodesTable(counters: readonly ServerCounters[], cpuSeconds: readonly number[]): Part {
  const rows = counters.map(({ requests, forwarder, kernelDrops }, index) =>
    [
      index + 1,
      requests,
      forwarder["forwarded"] ?? 0,
      forwarder["processForwarded"] ?? 0,
      forwarder["backwarded"] ?? 0,
      forwarder["sendBackwarded"] ?? 0,
      kernelDrops,
      (cpuSeconds[index] ?? 0).toFixed(1),
    ].map(String),
  );
  const head = [
    "node",
    "requests",
    "forwarded",
    "received",
    "backwarded",
    "sent for others",
    "kernel drops",
    "CPU s",
  ];
  return { kind: "table", table: { head, rows } };
}

function problems(report: LoadReport): Part[] {
  if (report.problems.length === 0) return [];
  return [{ kind: "text", text: `The run counts as failed: ${report.problems.join("; ")}.` }];
}
