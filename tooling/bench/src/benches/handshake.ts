import type { Bench, Benchmark } from "../benchmark.ts";
import { cpuBetween, cpuTimeOf } from "../measure/process-cpu.ts";
import { median, spread } from "../measure/statistics.ts";
import { LibcoapServer } from "../process/libcoap-server.ts";
import { Load } from "../process/load.ts";
import { Server } from "../process/server.ts";

const CLIENTS = 4000;
/** No client gets to its first request before the run is over. */
const LONG_INTERVAL_MS = 86_400_000;

interface Figures {
  readonly micros: number;
  readonly seconds: number;
  readonly failed: number;
}

export const handshake: Benchmark = {
  name: "handshake",
  title: "PSK handshakes",
  summary: `server CPU per handshake, and the time until ${CLIENTS} clients are connected`,
  run: async (bench) => {
    const rows = [];
    for (const batch of ["off", "on"] as const) {
      const figures = await measureServers(
        `batch ${batch}`,
        { ...bench, again: true },
        async () => {
          const server = await Server.start({ batch });
          const uri = `coaps://${server.coaps}/benchmark?rlen=40`;
          return { pid: server.pid, uri, stop: () => server.stop() };
        },
      );
      rows.push(
        row(`new process, --batch ${batch}`, figures.first),
        row("the same process, again", figures.later),
      );
    }
    const libcoap = LibcoapServer.installedVersion();
    if (libcoap !== undefined) {
      // Sessions of before make its later handshakes ever slower: only a new process is comparable.
      const { first } = await measureServers(libcoap, { ...bench, again: false }, async () => {
        const server = await LibcoapServer.start();
        return { pid: server.child.pid, uri: server.uri, stop: () => server.stop() };
      });
      rows.push(row(`${libcoap} (OpenSSL, C)`, first));
    }
    return [
      {
        kind: "table",
        table: {
          head: ["server", "CPU µs/handshake", `s for ${CLIENTS} clients`, "failed"],
          rows,
        },
      },
      {
        kind: "text",
        text: "TLS_PSK_WITH_AES_128_CCM_8 with cookie, Connection ID and extended master secret, three datagrams each way (libcoap: no Connection ID). One client process on the same machine makes 100 handshakes at a time. CPU is that of the server process alone; medians, in parentheses lowest and highest run. A new process compiles its code meanwhile.",
      },
    ];
  },
};

interface Target {
  readonly pid: number;
  readonly uri: string;
  readonly stop: () => Promise<unknown>;
}

/** Connects all clients to a new server, and then, if wanted, once more to the same one. */
async function measureServers(
  name: string,
  { runs, progress, again }: Bench & { readonly again: boolean },
  start: () => Promise<Target>,
): Promise<{ readonly first: readonly Figures[]; readonly later: readonly Figures[] }> {
  const first: Figures[] = [];
  const later: Figures[] = [];
  for (let run = 1; run <= runs; run += 1) {
    const target = await start();
    try {
      for (const figures of again ? [first, later] : [first]) {
        const one = await connectAll(target);
        figures.push(one);
        const process = figures === first ? "new process" : "the same again";
        const text = `${one.micros.toFixed(0)} µs per handshake, ${one.seconds.toFixed(1)} s`;
        progress(`handshake, ${name}, ${process}, run ${run}: ${text}`);
      }
    } finally {
      await target.stop();
    }
  }
  return { first, later };
}

function row(server: string, figures: readonly Figures[]): string[] {
  const column = (pick: (one: Figures) => number, digits: number): string =>
    spread(figures.map(pick), digits);
  return [
    server,
    column(({ micros }) => micros, 0),
    column(({ seconds }) => seconds, 1),
    String(median(figures.map(({ failed }) => failed))),
  ];
}

async function connectAll({ pid, uri }: Target): Promise<Figures> {
  const before = cpuTimeOf(pid);
  const load = new Load({
    uris: [uri],
    clients: CLIENTS,
    seconds: 0.1,
    args: ["--interval", String(LONG_INTERVAL_MS)],
  });
  try {
    await load.connected();
    const cpu = cpuBetween(before, cpuTimeOf(pid));
    const { handshakes, failedHandshakes, connectMs } = await load.report();
    return { micros: cpu.total / handshakes, seconds: connectMs / 1000, failed: failedHandshakes };
  } finally {
    await load.stop();
  }
}
