import type { Bench, Benchmark, Part } from "../benchmark.ts";
import { type LoadWindow, measureLoad } from "../measure/load-window.ts";
import { median, spread } from "../measure/statistics.ts";
import { Server, type ServerCounters } from "../process/server.ts";

const NODES = 3;
const CLIENTS = 600;
/** 600 clients, one request in 100 ms each: 6000 a second, below what two cores can do. */
const INTERVAL_MS = 100;

interface Case {
  readonly batch: "on" | "off";
  /** `fixed`: a given rate, every client's keys are on node 2; `closed`: as fast as it goes, keys on all nodes. */
  readonly load: "fixed" | "closed";
  readonly spread: boolean;
  /** Protection between the nodes; it costs nothing where nothing is forwarded. */
  readonly level: "udp" | "dtls-mac";
}

interface Run {
  readonly window: LoadWindow;
  /** What each node counted in its whole life. */
  readonly counters: readonly ServerCounters[];
}

const WAYS: readonly Pick<Case, "spread" | "level">[] = [
  { spread: false, level: "udp" },
  { spread: true, level: "udp" },
  { spread: true, level: "dtls-mac" },
];

const CASES: readonly Case[] = (["off", "on"] as const).flatMap((batch) =>
  (["fixed", "closed"] as const).flatMap((load) => WAYS.map((way) => ({ batch, load, ...way }))),
);

const ROWS = (["off", "on"] as const).flatMap((batch) =>
  (["udp", "dtls-mac"] as const).map((level) => ({ batch, level })),
);

export const forward: Benchmark = {
  name: "forward",
  title: "Forwarding",
  summary: "what a forwarded request costs its receiving node, and throughput with --spread",
  run: async (bench) => {
    const runs = new Map<Case, Run[]>(CASES.map((one) => [one, []]));
    for (let run = 1; run <= bench.runs; run += 1) {
      for (const one of CASES) {
        const result = await measureCase(one, bench);
        runs.get(one)?.push(result);
        const rate = result.window.requests / result.window.seconds;
        const name = `forward, batch ${one.batch}, ${one.load} ${one.load === "fixed" ? "rate" : "loop"}`;
        bench.progress(
          `${name}${one.spread ? `, spread at ${one.level}` : ""}, run ${run}: ${rate.toFixed(0)} req/s, ` +
            `${cpuPerRequest(result).toFixed(1)} µs of all nodes per request`,
        );
      }
    }
    return [...fixedRate(runs), ...closedLoop(runs)];
  },
};

async function measureCase(one: Case, bench: Bench): Promise<Run> {
  const nodes = await Server.startCluster(NODES, { batch: one.batch, level: one.level });
  let counters: ServerCounters[] = [];
  let window: LoadWindow;
  try {
    const targets = one.load === "fixed" ? nodes.slice(0, 2) : nodes;
    window = await measureLoad(
      nodes.map(({ pid }) => pid),
      {
        uris: targets.map(({ coaps }) => `coaps://${coaps}/benchmark?rlen=40`),
        clients: CLIENTS,
        seconds: bench.seconds,
        warmUpSeconds: 2,
        args: [
          ...(one.load === "fixed" ? ["--home", "2", "--interval", String(INTERVAL_MS)] : []),
          ...(one.spread ? ["--spread"] : []),
        ],
      },
    );
  } finally {
    counters = await Promise.all(nodes.map((node) => node.stop()));
  }
  return { window, counters };
}

function find(runs: ReadonlyMap<Case, readonly Run[]>, wanted: Case): readonly Run[] {
  for (const [one, own] of runs) {
    const isWanted =
      one.batch === wanted.batch &&
      one.load === wanted.load &&
      one.spread === wanted.spread &&
      one.level === wanted.level;
    if (isWanted) return own;
  }
  return [];
}

/** CPU of all nodes together, µs per request. */
function cpuPerRequest({ window }: Run): number {
  return window.servers.reduce((sum, cpu) => sum + cpu.total, 0) / window.requests;
}

/** Forwarded requests per request of the whole load. */
function forwardedShare({ counters }: Run): number {
  const sum = (pick: (one: ServerCounters) => number): number =>
    counters.reduce((total, one) => total + pick(one), 0);
  return sum(({ forwarder }) => forwarder["forwarded"] ?? 0) / sum(({ requests }) => requests);
}

const share = (own: readonly Run[]): string =>
  `${(100 * median(own.map(forwardedShare))).toFixed(1)} %`;

function fixedRate(runs: ReadonlyMap<Case, readonly Run[]>): Part[] {
  const rows = ROWS.map(({ batch, level }) => {
    const direct = find(runs, { batch, load: "fixed", spread: false, level: "udp" });
    const spreadRuns = find(runs, { batch, load: "fixed", spread: true, level });
    const owner = ({ window }: Run): number => (window.servers[1]?.total ?? 0) / window.requests;
    const idle = median(
      direct.map(({ window }) => (window.servers[0]?.total ?? 0) / window.seconds),
    );
    const router = spreadRuns.map((run) => {
      const { window } = run;
      const extra = (window.servers[0]?.total ?? 0) - idle * window.seconds;
      return extra / (window.requests * forwardedShare(run));
    });
    const ownerExtra = spreadRuns.map(
      (run) => (owner(run) - median(direct.map(owner))) / forwardedShare(run),
    );
    const rate = ({ window }: Run): number => window.requests / window.seconds;
    return [
      batch,
      level,
      median([...direct, ...spreadRuns].map(rate)).toFixed(0),
      spread(direct.map(owner), 1),
      share(spreadRuns),
      spread(router, 1),
      spread(ownerExtra, 1),
    ];
  });
  return [
    {
      kind: "text",
      text: "At a fixed rate, µs of CPU. All keys are on node 2; with `--spread` every other record arrives at node 1, which forwards it and sends the answer to the client:",
    },
    {
      kind: "table",
      table: {
        head: [
          "batch",
          "level",
          "req/s",
          "owner per direct request",
          "forwarded",
          "receiving node per forwarded request",
          "owner, extra per forwarded request",
        ],
        rows,
      },
    },
  ];
}

function closedLoop(runs: ReadonlyMap<Case, readonly Run[]>): Part[] {
  const rows = ROWS.map(({ batch, level }) => {
    const direct = find(runs, { batch, load: "closed", spread: false, level: "udp" });
    const spreadRuns = find(runs, { batch, load: "closed", spread: true, level });
    const rates = (own: readonly Run[]): number[] =>
      own.map(({ window }) => window.requests / window.seconds);
    const change = median(rates(spreadRuns)) / median(rates(direct)) - 1;
    return [
      batch,
      level,
      spread(rates(direct), 0),
      spread(rates(spreadRuns), 0),
      `${(100 * change).toFixed(1)} %`,
      share(spreadRuns),
      spread(direct.map(cpuPerRequest), 1),
      spread(spreadRuns.map(cpuPerRequest), 1),
      spread(
        [...direct, ...spreadRuns].map(({ window }) => window.client.total / window.requests),
        1,
      ),
    ];
  });
  return [
    {
      kind: "text",
      text: `As fast as it goes: ${CLIENTS} clients in closed loop, their keys on all ${NODES} nodes, each node and the client a process on the same cores, so that throughput is the CPU of all of them together:`,
    },
    {
      kind: "table",
      table: {
        head: [
          "batch",
          "level",
          "req/s direct",
          "req/s --spread",
          "change",
          "forwarded",
          "nodes' CPU µs/request direct",
          "with --spread",
          "client's CPU µs/request",
        ],
        rows,
      },
    },
  ];
}
