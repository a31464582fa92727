// Exports and imports 100,000 PSK connections in memory; prints milliseconds, bytes and heap. The time of
// this process' CPU (all threads, garbage collection included) tells more than the wall on a busy machine.
// Run: node --expose-gc --conditions=@dtls-cluster/source packages/state/bench/export-import.ts [count]
import { createHash } from "node:crypto";
import type { ConnectionState } from "@dtls-cluster/dtls";
import { StagedImport, StateReader, writeState } from "../src/index.ts";

const count = Number(process.argv[2] ?? 100_000);
const sha256 = (data: Uint8Array): Uint8Array => createHash("sha256").update(data).digest();
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function used(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function filled(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) bytes[i] = seed * 31 + i * 7;
  return bytes;
}

function connection(index: number): ConnectionState {
  return {
    role: "server",
    cipherSuite: 0xc0a8,
    extendedMasterSecret: true,
    masterSecret: filled(48, index),
    clientRandom: filled(32, index + 1),
    serverRandom: filled(32, index + 2),
    sessionId: new Uint8Array(0),
    clientWriteKey: filled(16, index + 3),
    serverWriteKey: filled(16, index + 4),
    clientWriteIv: filled(4, index + 5),
    serverWriteIv: filled(4, index + 6),
    readConnectionId: Uint8Array.of(1, 0, index >>> 24, index >>> 16, index >>> 8, index),
    writeConnectionId: undefined,
    peer: { address: `10.${index >>> 16}.${(index >>> 8) & 255}.${index & 255}`, port: 40_000 },
    pskIdentity: new TextEncoder().encode(`cali.${String(index).padStart(6, "0")}`),
    writeEpoch: 1,
    nextWriteSequence: 2 ** 32 + index,
    readEpoch: 1,
    newestReadSequence: 70_000 + index,
    replayWindow: [0xffffffff, 0xfffffff7],
    forgeries: 0,
    establishedAt: 1_795_000_000_000 + index,
    idleMs: 125_000,
    mtu: 1232,
  };
}

const states = Array.from({ length: count }, (_, index) => ({ state: connection(index) }));
const header = { nodeId: 1, generation: 1, createdAt: 1_795_000_000_000 };

for (let round = 1; round <= 3; round += 1) {
  const cpuStart = process.cpuUsage();
  const exportStart = performance.now();
  const chunks = [...writeState({ header, sha256 }, { connections: states })];
  const exportMs = performance.now() - exportStart;
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);

  const exportCpu = process.cpuUsage(cpuStart);
  const before = used();
  const cpuMiddle = process.cpuUsage();
  const importStart = performance.now();
  const reader = new StateReader({ sha256 });
  const stage = new StagedImport();
  for (const chunk of chunks) for (const item of reader.push(chunk)) stage.accept(item);
  reader.finish();
  const staged = stage.size;
  const importMs = performance.now() - importStart;
  const importCpu = process.cpuUsage(cpuMiddle);
  const stagedBytes = used() - before;
  const commitStart = performance.now();
  let handedOut = 0;
  for (const { state } of stage.commit().connections) handedOut += state.mtu > 0 ? 1 : 0;
  if (handedOut !== count) throw new Error(`${handedOut} of ${count} came back`);

  const commitMs = performance.now() - commitStart;
  const cpuMs = [exportCpu, importCpu].map(({ user, system }) =>
    Math.round((user + system) / 1000),
  );

  console.log(
    `round ${round}: ${count} connections in ${chunks.length} chunks, ${(bytes / count).toFixed(1)} B each, ` +
      `export ${exportMs.toFixed(0)} ms, import ${importMs.toFixed(0)} ms + ${commitMs.toFixed(0)} ms commit ` +
      `(CPU ${cpuMs.join(" + ")} ms), ` +
      `staged ${megabytes(stagedBytes)} (${Math.round(stagedBytes / staged)} B each)`,
  );
}
