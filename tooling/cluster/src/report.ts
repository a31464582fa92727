import type { Cluster } from "./cluster.ts";

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
    cluster.nodes.map((node) => [
      String(node.addresses.id),
      node.addresses.coaps,
      node.addresses.cluster,
      "ready",
    ]),
  );
}

/** What each node did, as it said in its last log line. */
export function printSummary(cluster: Cluster): void {
  const rows = cluster.nodes.map((node) => {
    const counters = (node.lastLines.find((line) => line["event"] === "stopped")?.["counters"] ??
      {}) as NodeCounters;
    const count = (name: string): string => String(counters.forwarder?.[name] ?? 0);
    return [
      String(node.addresses.id),
      String(counters.requests ?? 0),
      count("forwarded"),
      count("processForwarded"),
      count("backwarded"),
      count("sendBackwarded"),
      String(counters.kernelDrops ?? 0),
      (counters.cpuSeconds ?? 0).toFixed(1),
    ];
  });
  printTable(
    [
      "node",
      "requests",
      "forwarded",
      "received",
      "backwarded",
      "sent for others",
      "kernel drops",
      "CPU s",
    ],
    rows,
  );
}

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of [head, ...rows]) {
    console.log(row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  "));
  }
}
