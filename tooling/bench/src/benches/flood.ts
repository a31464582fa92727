import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Bench, Benchmark } from "../benchmark.ts";
import { type FloodKind, floodKinds } from "../flood/datagrams.ts";
import { cpuTimeOf } from "../measure/process-cpu.ts";
import { residentMemoryOf } from "../measure/resident-memory.ts";
import { Child } from "../process/child.ts";
import { Load, type LoadReport } from "../process/load.ts";
import { BENCH_PSK, Server } from "../process/server.ts";

const MAIN = fileURLToPath(new URL("../flood/main.ts", import.meta.url));
const CLIENTS = 200;
const INTERVAL_MS = 100;
/** Clients and sender reach their speed. */
const WARM_UP_SECONDS = 2;
const FLOOD_PER_SECOND = 100_000;

const LABELS: Readonly<Record<FloodKind, string>> = {
  hello: "spoofed ClientHellos",
  "unknown-cid": "records with unknown CIDs",
  "wrong-mac": "records with a right CID and a wrong MAC",
  "cookie-replay": "replays of a cookie",
};

/** What was counted at one moment. */
interface Sample {
  readonly at: number;
  readonly requests: number;
  readonly sent: number;
  readonly cpu: number;
  readonly drops: number;
  readonly rss: number;
}

interface Phase {
  readonly report: LoadReport;
  readonly from: Sample;
  readonly to: Sample;
}

export const flood: Benchmark = {
  name: "flood",
  title: "Floods",
  summary: "established clients at a fixed rate, with and without a flood from strangers",
  run: async (bench) => {
    const rows: string[][] = [];
    for (let run = 0; run < bench.runs; run += 1) {
      for (const kind of floodKinds) rows.push(...(await measure(kind, bench)));
    }
    return [
      {
        kind: "table",
        table: {
          head: [
            "flood",
            "sent/s",
            "requests/s",
            "of without",
            "p99 ms",
            "retransmissions %",
            "server CPU %",
            "RSS MiB before",
            "after",
            "kernel drops/s",
          ],
          rows,
        },
      },
      {
        kind: "text",
        text: `${CLIENTS} established clients, each with a confirmable request every ${INTERVAL_MS} ms, one server, everything on the same machine; ${FLOOD_PER_SECOND} datagrams a second are asked of the sender (64 sockets, each with an address of its own), "sent/s" is what it reached. Without: the same sender sends the same datagrams to a socket of its own process that discards them, so that it takes its CPU time in both. CPU of one core; RSS of the server at the ends of the window. Kernel drops: datagrams that found the server's socket full, of clients and strangers alike. p99 and retransmissions are those of the whole load, warming up included. The records with a wrong MAC name a connection that is made for them. Hellos and replays cost the server a MAC and an answer each: at this rate they take its one thread whole, and clients lose more than a tenth of their requests, which is more than we want: a bound on hellos a second before the MAC is missing.`,
      },
    ];
  },
};

async function measure(kind: FloodKind, bench: Bench): Promise<string[][]> {
  const server = await Server.start({ batch: "auto" });
  const phases: Phase[] = [];
  try {
    for (const isFlooded of [false, true]) {
      phases.push(await measurePhase(kind, server, isFlooded, bench.seconds));
    }
  } finally {
    await server.stop();
  }
  const [without] = phases;
  return phases.map((phase, index) => {
    const { report, from, to } = phase;
    const share =
      (100 * rate(phase, "requests")) / (without ? rate(without, "requests") : Number.NaN);
    const row = [
      `${index === 0 ? "without" : "with"} ${LABELS[kind]}`,
      rate(phase, "sent").toFixed(0),
      rate(phase, "requests").toFixed(0),
      `${share.toFixed(1)} %`,
      report.latencyMs.p99.toFixed(1),
      report.retransmissionPercent.toFixed(2),
      // Microseconds a second, of one core.
      (rate(phase, "cpu") / 10_000).toFixed(0),
      ...[from.rss, to.rss].map((bytes) => (bytes / 2 ** 20).toFixed(1)),
      rate(phase, "drops").toFixed(0),
    ];
    bench.progress(row.join(", "));
    return row;
  });
}

function rate({ from, to }: Phase, what: "requests" | "sent" | "cpu" | "drops"): number {
  return (1000 * (to[what] - from[what])) / (to.at - from.at);
}

async function measurePhase(
  kind: FloodKind,
  server: Server,
  isFlooded: boolean,
  seconds: number,
): Promise<Phase> {
  const port = server.coaps.slice(server.coaps.lastIndexOf(":") + 1);
  const samples: Sample[] = [];
  let sender: Child | undefined;
  let sent = 0;
  const startFlood = (): void => {
    const args = [kind, port, BENCH_PSK, isFlooded ? port : "0", String(FLOOD_PER_SECOND)];
    sender = new Child(
      "the flood",
      process.execPath,
      ["--conditions=@dtls-cluster/source", MAIN, ...args],
      {
        onLine: (line) => {
          sent = Number(line);
        },
      },
    );
  };
  const load = new Load({
    uris: [`coaps://${server.coaps}/benchmark?rlen=40`],
    clients: CLIENTS,
    seconds: WARM_UP_SECONDS + seconds + 1,
    args: ["--interval", String(INTERVAL_MS), "--max-errors", "1000000"],
    onConnected: startFlood,
    onLine: (n, { requests }) => {
      if (n < WARM_UP_SECONDS || n > WARM_UP_SECONDS + seconds) return;
      samples.push({
        at: performance.now(),
        requests,
        sent,
        cpu: cpuTimeOf(server.pid).total,
        drops: kernelDropsOf(Number(port)),
        rss: residentMemoryOf(server.pid).total,
      });
    },
  });
  try {
    await load.connected();
    const report = await load.report();
    const [from] = samples;
    const to = samples.at(-1);
    if (from === undefined || to === undefined || to.sent === from.sent) {
      throw new Error("the flood or the load ended before the end of the window");
    }
    return { report, from, to };
  } finally {
    await load.stop();
    await sender?.stop();
  }
}

/** Datagrams that found the receive buffer of the IPv4 socket full, since it was bound. */
function kernelDropsOf(port: number): number {
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, "0");
  for (const line of readFileSync("/proc/net/udp", "utf8").split("\n")) {
    const fields = line.trim().split(/\s+/);
    if (fields[1]?.endsWith(`:${hexadecimal}`)) return Number(fields.at(-1));
  }
  return Number.NaN;
}
