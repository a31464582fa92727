import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Bench, Benchmark } from "../benchmark.ts";
import type { CollectedMemory } from "../gc-on-signal.ts";
import { type ResidentMemory, residentMemoryOf } from "../measure/resident-memory.ts";
import { bounded } from "../process/bounded.ts";
import { Load } from "../process/load.ts";
import { Server } from "../process/server.ts";

const CONNECTIONS = 20_000;
const MOST_CLIENTS_A_PROCESS = 10_000;
/** No client gets to a request before the measurement is over. */
const LONG_INTERVAL_MS = 86_400_000;
/** With this one each client sends a request within that time. */
const SHORT_INTERVAL_MS = 20_000;
const LOAD_SECONDS = 300;
const PRELOAD = fileURLToPath(new URL("../gc-on-signal.ts", import.meta.url));

/** Resident memory as it was found, and after all garbage was collected. */
interface Memory {
  readonly found: ResidentMemory;
  readonly collected: ResidentMemory;
  readonly heap: CollectedMemory;
}

export const idleMemory: Benchmark = {
  name: "idle-memory",
  title: "Memory per idle connection",
  summary: `resident memory of a server per connection at ${CONNECTIONS} connections`,
  run: async (bench) => {
    const rows = [
      ...(await measure("after the handshake", LONG_INTERVAL_MS, bench)),
      ...(await measure("after one request each", SHORT_INTERVAL_MS, bench)),
    ];
    return [
      {
        kind: "table",
        table: {
          head: [
            "connections",
            "number",
            "RSS MiB as found",
            "RSS MiB collected",
            "RSS B/connection",
            "RSS B/further connection",
            "heap B/connection",
            "buffers B/connection",
          ],
          rows,
        },
      },
      {
        kind: "text",
        text: "Resident set of the server (/proc/PID/status) as it was found and after a forced collection of all garbage; per connection: collected, less the collected resident set of the same process before its first connection (so what is paid once, as code that gets compiled, counts as well); per further connection: what the second half of the connections added. Heap and buffers are V8's own figures (heapUsed, external with array buffers) in the same manner. TLS_PSK_WITH_AES_128_CCM_8, Connection ID of 6 bytes, defaults otherwise. After a request the server remembers it for EXCHANGE_LIFETIME.",
      },
    ];
  },
};

async function measure(label: string, intervalMs: number, bench: Bench): Promise<string[][]> {
  let deliver: (memory: CollectedMemory) => void = () => {};
  const server = await Server.start({
    batch: "auto",
    nodeArgs: ["--expose-gc", "--disable-warning=ExperimentalWarning", "--import", PRELOAD],
    onMessage: (message) => deliver(message as CollectedMemory),
  });
  const takeMemory = async (): Promise<Memory> => {
    const found = residentMemoryOf(server.pid);
    const answer = new Promise<CollectedMemory>((resolve) => {
      deliver = resolve;
    });
    server.child.signal("SIGUSR2");
    const heap = await bounded(answer, 30_000, () => server.child.problem("does not collect"));
    return { found, collected: residentMemoryOf(server.pid), heap };
  };
  const loads: Load[] = [];
  try {
    const empty = await takeMemory();
    const rows: string[][] = [];
    let before: Memory | undefined;
    const share = clientsPerProcess();
    for (let connected = 0; connected < CONNECTIONS; ) {
      const clients = Math.min(share, CONNECTIONS - connected);
      const load = new Load({
        uris: [`coaps://${server.coaps}/benchmark?rlen=40`],
        clients,
        seconds: LOAD_SECONDS,
        args: ["--first-client", String(connected), "--interval", String(intervalMs)],
      });
      loads.push(load);
      await load.connected();
      connected += clients;
      bench.progress(`idle-memory: ${connected} clients are connected`);
      // A server that answers requests meanwhile is measured once, when all clients have sent one.
      if (intervalMs < LONG_INTERVAL_MS) {
        if (connected < CONNECTIONS) continue;
        await new Promise((resolve) => setTimeout(resolve, intervalMs + 1000));
      }
      const memory = await takeMemory();
      const further =
        before === undefined
          ? ""
          : ((memory.collected.total - before.collected.total) / clients).toFixed(0);
      rows.push(row(label, connected, further, { empty, full: memory }));
      before = memory;
    }
    return rows;
  } finally {
    await Promise.all(loads.map((load) => load.stop()));
    await server.stop();
  }
}

function row(
  label: string,
  connections: number,
  further: string,
  { empty, full }: { readonly empty: Memory; readonly full: Memory },
): string[] {
  const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
  const each = (pick: (memory: Memory) => number): string =>
    ((pick(full) - pick(empty)) / connections).toFixed(0);
  return [
    label,
    String(connections),
    mebibytes(full.found.total),
    mebibytes(full.collected.total),
    each(({ collected }) => collected.total),
    further,
    each(({ heap }) => heap.heapUsed),
    each(({ heap }) => heap.external),
  ];
}

/** Each client is an open file of its process. */
function clientsPerProcess(): number {
  const limits = readFileSync("/proc/self/limits", "utf8");
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1];
  const files =
    hard === undefined || hard === "unlimited" ? Number.POSITIVE_INFINITY : Number(hard);
  return Math.max(1, Math.min(MOST_CLIENTS_A_PROCESS, files - 200));
}
