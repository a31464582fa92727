import type { Benchmark } from "../benchmark.ts";
import { cpuBetween, cpuTimeOf } from "../measure/process-cpu.ts";
import { median, spread } from "../measure/statistics.ts";
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
      const first: Figures[] = [];
      const later: Figures[] = [];
      for (let run = 1; run <= bench.runs; run += 1) {
        const server = await Server.start({ batch });
        try {
          for (const [name, figures] of [
            ["new", first],
            ["warm", later],
          ] as const) {
            const one = await connectAll(server);
            figures.push(one);
            const text = `${one.micros.toFixed(0)} µs per handshake, ${one.seconds.toFixed(1)} s`;
            bench.progress(`handshake, ${name} server, batch ${batch}, run ${run}: ${text}`);
          }
        } finally {
          await server.stop();
        }
      }
      rows.push(row("new process", batch, first), row("the same, again", batch, later));
    }
    return [
      {
        kind: "table",
        table: {
          head: ["server", "batch", "CPU µs/handshake", `s for ${CLIENTS} clients`, "failed"],
          rows,
        },
      },
      {
        kind: "text",
        text: "TLS_PSK_WITH_AES_128_CCM_8 with cookie, Connection ID and extended master secret: three datagrams each way. One client process on the same machine makes 100 handshakes at a time. CPU is that of the server process alone; medians, in parentheses lowest and highest run. A new process compiles its code meanwhile.",
      },
    ];
  },
};

function row(server: string, batch: string, figures: readonly Figures[]): string[] {
  return [
    server,
    batch,
    spread(
      figures.map(({ micros }) => micros),
      0,
    ),
    spread(
      figures.map(({ seconds }) => seconds),
      1,
    ),
    String(median(figures.map(({ failed }) => failed))),
  ];
}

async function connectAll(server: Server): Promise<Figures> {
  const before = cpuTimeOf(server.pid);
  const load = new Load({
    uris: [`coaps://${server.coaps}/benchmark?rlen=40`],
    clients: CLIENTS,
    seconds: 0.1,
    args: ["--interval", String(LONG_INTERVAL_MS)],
  });
  try {
    await load.connected();
    const cpu = cpuBetween(before, cpuTimeOf(server.pid));
    const { handshakes, failedHandshakes, connectMs } = await load.report();
    return {
      micros: cpu.total / handshakes,
      seconds: connectMs / 1000,
      failed: failedHandshakes,
    };
  } finally {
    await load.stop();
  }
}
