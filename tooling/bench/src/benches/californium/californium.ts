import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildCalifornium, californiumReleases, hasJavaTools } from "@dtls-cluster/interop";
import type { Benchmark, Part } from "../../benchmark.ts";
import { median } from "../../measure/statistics.ts";
import { CONNECTIONS, measurePeer } from "./measure-peer.ts";
import { ownPeer } from "./ours.ts";
import type { Peer, PeerFigures } from "./peer.ts";
import { californiumPeer } from "./theirs.ts";

export const californium: Benchmark = {
  name: "californium",
  title: "Beside Californium",
  summary: "requests, forwarding, handshakes, saved state and memory of both, in one run",
  run: async (bench) => {
    if (!hasJavaTools()) {
      return [{ kind: "text", text: "Not measured: there is no JDK, or no Maven." }];
    }
    const [release] = californiumReleases;
    await buildCalifornium(release);
    const folder = await mkdtemp(join(tmpdir(), "dtls-cluster-bench-"));
    const saveFile = join(folder, "saved");
    const peers = [
      californiumPeer(release),
      ownPeer(saveFile, "own"),
      ownPeer(saveFile, "californium"),
    ];
    const figures = new Map<Peer, PeerFigures[]>(peers.map((peer) => [peer, []]));
    try {
      for (let run = 1; run <= bench.runs; run += 1) {
        for (const peer of peers) {
          const one = await measurePeer(peer, saveFile, bench);
          figures.get(peer)?.push(one);
          const text = `${one.requestMicros.toFixed(1)} µs per request`;
          bench.progress(`${peer.name}, run ${run}: ${text}`);
        }
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return describe(figures);
  },
};

type Row = readonly [title: string, pick: (one: PeerFigures) => number, digits: number];

const ROWS: readonly Row[] = [
  ["server CPU µs/request", (one) => one.requestMicros, 1],
  ["both nodes' extra CPU µs/forwarded request", (one) => one.forwardedMicros, 1],
  ["server CPU µs/handshake, new process", (one) => one.handshakeMicros, 0],
  ["the same process, again", (one) => one.laterHandshakeMicros, 0],
  ["heap and buffers, B/further connection", (one) => one.memoryBytes, 0],
  ["saved B/connection", (one) => one.save.bytes / (2 * CONNECTIONS), 0],
  ["save, µs/connection", (one) => (1000 * one.save.saveMs) / (2 * CONNECTIONS), 1],
  ["load, µs/connection", (one) => (1000 * one.save.loadMs) / (2 * CONNECTIONS), 1],
];

function describe(figures: ReadonlyMap<Peer, readonly PeerFigures[]>): Part[] {
  const columns = [...figures];
  const rows = ROWS.map(([title, pick, digits]) => {
    const values = columns.map(([, own]) => median(own.map(pick)));
    const [theirs = Number.NaN, ours = Number.NaN] = values;
    const cells = values.map((value) => value.toFixed(digits));
    return [title, ...cells, (ours / theirs).toFixed(2)];
  });
  const names = columns.map(([{ name }]) => name);
  return [
    {
      kind: "table",
      table: { head: ["figure", ...names, "ratio, own format"], rows },
    },
    {
      kind: "text",
      text: `The same client program loads both, on the same machine: CON POST with 40 bytes each way, TLS_PSK_WITH_AES_128_CCM_8, server Connection ID of 6 bytes. Californium's server is the one of the interoperation tests, on its released connectors, with the JDK's default compilers and one thread for garbage. Requests: 200 clients in closed loop, after 8 s of warming up. Forwarding: two nodes, unprotected channel, 4000 requests a second; every other record comes to the node without the keys. Handshakes, memory and state: ${CONNECTIONS} connections, then ${CONNECTIONS} more; memory is what the second half added after all garbage was collected. CPU is user and system time of the server processes; medians of all runs.`,
    },
  ];
}
