import type { Cluster, Replacement } from "./cluster.ts";
import type { LoadReport } from "./load.ts";
import type { LogLine, NodeProcess } from "./node-process.ts";

/** Counters that a server logs when it stops. */
interface NodeCounters {
  readonly connections?: number;
  readonly requests?: number;
  readonly forwarder?: Readonly<Record<string, number>>;
  readonly kernelDrops?: number;
  readonly cpuSeconds?: number;
}

export function printCluster(cluster: Cluster): void {
  printTable(
    ["node", "coaps", "cluster", "state"],
    cluster.nodes.map(({ addresses }) => [
      addresses.name,
      addresses.coaps,
      addresses.cluster,
      "ready",
    ]),
  );
}

/** One line for each phase of each node's handover. */
export function printUpdate(replacements: readonly Replacement[]): void {
  const rows = replacements.flatMap(({ from, to }) => {
    const given = from.last("handed-over") ?? {};
    const taken = to.last("took-over") ?? {};
    const late = from.last("late-ended") ?? {};
    const name = `${from.addresses.name} -> ${to.addresses.name}`;
    const connections = numberOf(given, "connections");
    return [
      [name, "pre-copy", connections, numberOf(given, "bytes"), numberOf(given, "preCopyMs")],
      [name, "freeze", numberOf(given, "delta"), "", numberOf(given, "freezeMs")],
      [name, "import", numberOf(taken, "connections"), "", numberOf(taken, "deltaMs")],
      [name, "activate", "", "", numberOf(taken, "activateMs")],
      [name, "late", numberOf(late, "connections"), "", phaseMs(from, "late")],
    ];
  });
  printTable(["node", "phase", "connections", "bytes", "ms"], rows);
}

/**
 * Median and longest time in which a node did not serve: as the old process says, up to its answer, and
 * as it is for clients, until the new process serves.
 */
export function printFreezes(replacements: readonly Replacement[]): void {
  const given = replacements.map(({ from }) => numberAt(from.last("handed-over"), "freezeMs"));
  printSpread("freeze, until the old node has sealed", given);
  const gaps = replacements.map(
    ({ from, to }) =>
      numberAt(to.last("took-over"), "servesAt") - numberAt(from.last("handed-over"), "frozenAt"),
  );
  printSpread("without service, until the new node serves", gaps);
}

function printSpread(what: string, values: readonly number[]): void {
  const known = values.filter((ms) => Number.isFinite(ms)).sort((a, b) => a - b);
  const median = known[known.length >> 1];
  const longest = known.at(-1);
  if (median === undefined || longest === undefined) return;
  console.log(
    `${what}: median ${median.toFixed(1)} ms, maximum ${longest.toFixed(1)} ms of ${known.length} handovers`,
  );
}

function numberAt(line: LogLine | undefined, field: string): number {
  return Number(line?.[field] ?? Number.NaN);
}

/** What each process did, as it said in its last log line. */
export function printSummary(cluster: Cluster): void {
  const rows = cluster.all.map((node) => {
    const counters = countersOf(node);
    const count = (...names: string[]): string =>
      String(names.reduce((sum, name) => sum + (counters.forwarder?.[name] ?? 0), 0));
    return [
      node.addresses.name,
      String(counters.requests ?? 0),
      count("forwarded"),
      count("relayed", "relayedForward"),
      count("processForwarded"),
      count("backwarded", "backwardRelayed"),
      count("sendBackwarded", "relayedBackward"),
      String(counters.kernelDrops ?? 0),
      (counters.cpuSeconds ?? 0).toFixed(1),
    ];
  });
  printTable(
    [
      "node",
      "requests",
      "forwarded",
      "relayed",
      "received",
      "backwarded",
      "sent for others",
      "kernel drops",
      "CPU s",
    ],
    rows,
  );
}

/** Why a run has failed, one sentence each. The first report is that of the clients from the start. */
export function problemsOf(cluster: Cluster, given: readonly (LoadReport | undefined)[]): string[] {
  const reports = given.filter((report) => report !== undefined);
  if (reports.length < given.length) return ["the benchmark wrote no report"];
  const sum = (field: keyof typeof FAILURES | "responses" | "handshakes"): number =>
    reports.reduce((total, report) => total + report[field], 0);
  const problems = Object.entries(FAILURES).flatMap(([field, text]) => {
    const count = sum(field as keyof typeof FAILURES);
    return count > 0 ? [`${count} ${text}`] : [];
  });
  const newcomers = reports.slice(1);
  if (newcomers.length > 0) {
    const made = newcomers.reduce((total, report) => total + report.handshakes, 0);
    const failed = newcomers.reduce((total, report) => total + report.failedHandshakes, 0);
    console.log(`handshakes begun during updates: ${made} completed, ${failed} failed`);
  }
  const executions = cluster.all.reduce(
    (total, node) => total + (countersOf(node).requests ?? 0),
    0,
  );
  const responses = sum("responses");
  if (problems.length === 0 && executions !== responses) {
    problems.push(
      `the servers executed ${executions} requests, but the clients got ${responses} answers`,
    );
  } else {
    console.log(`executed ${executions} times, answered ${responses} times`);
  }
  return problems;
}

const FAILURES = {
  transmissionErrors: "requests failed",
  unfinished: "requests had no answer when the load ended",
  handshakesUnderLoad: "clients had to make a new handshake",
  failedHandshakes: "handshakes failed",
} as const;

function countersOf(node: NodeProcess): NodeCounters {
  return (node.last("stopped")?.["counters"] ?? {}) as NodeCounters;
}

function numberOf(line: LogLine, field: string): string {
  const value = line[field];
  return typeof value === "number" ? formatNumber(value) : "-";
}

function phaseMs(node: NodeProcess, phase: string): string {
  const next = node.phases.find((line) => line["before"] === phase);
  return next === undefined ? "-" : numberOf(next, "ms");
}

function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of [head, ...rows]) {
    console.log(row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  "));
  }
}
