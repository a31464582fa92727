import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Benchmark } from "../benchmark.ts";
import { runScript } from "../process/script.ts";

const MODES = ["stuck", "flushed", "per-packet"] as const;
const UPDATES = 10;
const LIMIT_MS = 1_200_000;

/** What is read of netlab's report. */
interface UpdateFigures {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly failedRequests: number;
  readonly newHandshakes: number;
  readonly failedHandshakes: number;
  readonly retransmissions: number;
  readonly worstSecondPercent: number;
  readonly worstTenSecondsPercent: number;
  readonly freezeMedianMs: number;
  readonly freezeMaximumMs: number;
  readonly outageMedianMs: number;
  readonly outageMaximumMs: number;
}

/** One benchmark for each mode: each takes minutes. */
export const updates: readonly Benchmark[] = MODES.map((mode) => ({
  name: `update-${mode}`,
  title: `Updates in a row, ${mode}`,
  summary: `${UPDATES} blue/green updates under load in mode ${mode} of netlab; needs root and namespaces`,
  run: async ({ progress }) => {
    const values = cells(await runMode(mode, (line) => progress(`update-${mode}: ${line}`)));
    const rows = NAMES.map((name, row) => [name, values[row] ?? ""]);
    return [{ kind: "table", table: { head: [`${UPDATES} updates`, mode], rows } }];
  },
}));

const NAMES = [
  "requests of 4000 clients",
  "req/s",
  "failed requests",
  "new handshakes of these clients",
  "failed handshakes of 2000 new clients",
  "retransmissions",
  "worst second",
  "worst 10 seconds",
  "freeze until the old node has sealed, median of 30",
  "freeze until the old node has sealed, maximum",
  "without service until the new node serves, median",
  "without service until the new node serves, maximum",
];

function cells(figures: UpdateFigures): readonly string[] {
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const percent = (value: number): string => `${value.toFixed(3)} %`;
  return [
    String(figures.requests),
    figures.requestsPerSecond.toFixed(0),
    String(figures.failedRequests),
    String(figures.newHandshakes),
    String(figures.failedHandshakes),
    String(figures.retransmissions),
    percent(figures.worstSecondPercent),
    percent(figures.worstTenSecondsPercent),
    ms(figures.freezeMedianMs),
    ms(figures.freezeMaximumMs),
    ms(figures.outageMedianMs),
    ms(figures.outageMaximumMs),
  ];
}

async function runMode(mode: string, onLine: (line: string) => void): Promise<UpdateFigures> {
  const folder = mkdtempSync(join(tmpdir(), "dtls-cluster-bench-"));
  const json = join(folder, "netlab.json");
  try {
    const args = ["update", "--mode", mode, "--updates", String(UPDATES), "--json", json];
    const script = { path: "tooling/netlab/src/main.ts", args, limitMs: LIMIT_MS };
    await runScript(script, onLine);
    const report = JSON.parse(readFileSync(json, "utf8")) as { figures: UpdateFigures[] };
    const figures = report.figures[0];
    if (figures === undefined) throw new Error("netlab left no figures");
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
