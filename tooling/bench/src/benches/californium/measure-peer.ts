import type { Bench } from "../../benchmark.ts";
import { measureLoad } from "../../measure/load-window.ts";
import { cpuBetween, cpuTimeOf } from "../../measure/process-cpu.ts";
import { Load } from "../../process/load.ts";
import type { MeasuredServer, Peer, PeerFigures } from "./peer.ts";

/** Connections of the figures that are given for each one. */
export const CONNECTIONS = 5000;
const CLIENTS = 200;
/** 200 clients, one request in 50 ms each: 4000 a second, below what either can do. */
const INTERVAL_MS = 50;
/** No client gets to its first request before the run is over. */
const LONG_INTERVAL_MS = 86_400_000;
/** Longer than all that is measured meanwhile. */
const LOAD_SECONDS = 300;
const QUERY = "/benchmark?rlen=40";

/** All figures of one peer, each from a process of its own. */
export async function measurePeer(
  peer: Peer,
  saveFile: string,
  bench: Bench,
): Promise<PeerFigures> {
  const requestMicros = await measureRequests(peer, bench);
  const forwardedMicros = await measureForwarding(peer, bench);
  const server = await peer.start();
  const loads: Load[] = [];
  try {
    const first = await connect(server, loads);
    const middle = await server.memory();
    const second = await connect(server, loads);
    const full = await server.memory();
    const save = await server.saveAndLoad(saveFile);
    return {
      requestMicros,
      forwardedMicros,
      handshakeMicros: first,
      laterHandshakeMicros: second,
      memoryBytes: (full - middle) / CONNECTIONS,
      save,
    };
  } finally {
    await server.stop().catch(() => undefined);
    await Promise.all(loads.map((load) => load.stop()));
  }
}

async function measureRequests(peer: Peer, { seconds }: Bench): Promise<number> {
  const server = await peer.start();
  try {
    const uris = [`coaps://${server.coaps}${QUERY}`];
    // A virtual machine compiles for longer than we do.
    const window = await measureLoad([server.pid], {
      uris,
      clients: CLIENTS,
      seconds,
      warmUpSeconds: 8,
    });
    return (window.servers[0]?.total ?? Number.NaN) / window.requests;
  } finally {
    await server.stop();
  }
}

/** At a fixed rate: what both nodes need more when every other record comes to the wrong one. */
async function measureForwarding(peer: Peer, { seconds }: Bench): Promise<number> {
  const nodes = await peer.startPair();
  try {
    const micros: number[] = [];
    for (const args of [[], ["--spread"]]) {
      const window = await measureLoad(
        nodes.map(({ pid }) => pid),
        {
          uris: nodes.map(({ coaps }) => `coaps://${coaps}${QUERY}`),
          clients: CLIENTS,
          seconds,
          warmUpSeconds: 5,
          args: ["--home", "2", "--interval", String(INTERVAL_MS), ...args],
        },
      );
      const total = window.servers.reduce((sum, cpu) => sum + cpu.total, 0);
      micros.push(total / window.requests);
    }
    const [direct = Number.NaN, spread = Number.NaN] = micros;
    return (spread - direct) / 0.5;
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

/**
 * Connects clients that stay, because a client that ends closes its connection.
 * @returns µs of the server's CPU for each handshake
 */
async function connect({ pid, coaps }: MeasuredServer, loads: Load[]): Promise<number> {
  const first = loads.length * CONNECTIONS;
  const before = cpuTimeOf(pid);
  const load = new Load({
    uris: [`coaps://${coaps}${QUERY}`],
    clients: CONNECTIONS,
    seconds: LOAD_SECONDS,
    args: ["--interval", String(LONG_INTERVAL_MS), "--first-client", String(first)],
  });
  loads.push(load);
  await load.connected();
  return cpuBetween(before, cpuTimeOf(pid)).total / CONNECTIONS;
}
