import { createHash } from "node:crypto";
import type { ConnectionState } from "@dtls-cluster/dtls";
import { StagedImport, StateReader, StateWriter } from "@dtls-cluster/state";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RestoreClient, RestoreServer } from "../src/index.ts";
import { CertificateDirectory } from "./support/certificate-directory.ts";

const sha256 = (data: Uint8Array): Uint8Array => createHash("sha256").update(data).digest();

let directory: CertificateDirectory;
let client: RestoreClient;
const servers: RestoreServer[] = [];

beforeAll(async () => {
  directory = new CertificateDirectory();
  const credentials = await directory.clientCredentials();
  client = new RestoreClient({ credentials: () => credentials, pauseMs: 0, readIdleMs: 2000 });
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
afterAll(() => directory.remove());

/** The phases of a handover as chunks: pre-copy, freeze and difference, end, one late connection. */
function* handover(count: number): Generator<Uint8Array> {
  const header = { nodeId: 1, generation: 1, createdAt: 1 };
  const writer = new StateWriter({ header, sha256 });
  function* take(): Generator<Uint8Array> {
    for (let c = writer.takeChunk(); c !== undefined; c = writer.takeChunk()) yield c;
  }
  for (let i = 0; i < count; i += 1) {
    writer.connection(connection(i, 0));
    yield* take();
  }
  writer.freeze();
  for (let i = 0; i < count; i += 10) writer.connection(connection(i, 1));
  writer.remove(connection(1, 0));
  yield* take();
  writer.end();
  yield* take();
  writer.late(connection(count, 0));
  writer.close();
  yield* take();
}

function connection(index: number, version: number): ConnectionState {
  const secret = (length: number): Uint8Array => new Uint8Array(length).fill(index);
  return {
    role: "server",
    cipherSuite: 0xc0a8,
    extendedMasterSecret: true,
    masterSecret: secret(48),
    clientRandom: secret(32),
    serverRandom: secret(32),
    sessionId: new Uint8Array(0),
    clientWriteKey: secret(16),
    serverWriteKey: secret(16),
    clientWriteIv: secret(4),
    serverWriteIv: secret(4),
    readConnectionId: Uint8Array.of(index >> 8, index),
    writeConnectionId: undefined,
    peer: { address: "10.0.0.1", port: 5684 },
    pskIdentity: secret(8),
    writeEpoch: 1,
    nextWriteSequence: 1 + version,
    readEpoch: 1,
    newestReadSequence: version,
    replayWindow: [1, 0],
    forgeries: 0,
    establishedAt: 0,
    idleMs: 0,
    mtu: 1232,
  };
}

/** What the taker has in the end: the committed connections, or the error that it ended with. */
async function take(body: () => AsyncIterable<Uint8Array>) {
  const server = new RestoreServer({
    credentials: await directory.serverCredentials(),
    host: "127.0.0.1",
    port: 0,
    restore: () => ({ status: 200, body: body() }),
    activate: () => ({ status: 200 }),
  });
  servers.push(server);
  const port = await server.listen();
  let committed: ConnectionState[] | undefined;
  const late: ConnectionState[] = [];
  const attempt = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    const reader = new StateReader({ sha256 });
    const stage = new StagedImport();
    for await (const chunk of chunks) {
      for (const item of reader.push(chunk)) {
        stage.accept(item);
        if (item.kind === "end") committed = [...stage.commit().connections].map((c) => c.state);
        if (item.kind === "late") late.push(item.state);
      }
    }
    reader.finish();
  };
  const error: unknown = await client
    .restore({ host: "127.0.0.1", port }, attempt)
    .catch((caught: unknown) => caught);
  return { committed, late, error };
}

async function* changed(
  change: (chunk: Uint8Array, index: number) => Uint8Array,
): AsyncGenerator<Uint8Array> {
  let index = 0;
  for (const chunk of handover(1000)) {
    yield change(chunk, index);
    index += 1;
  }
}

describe("a handover's stream over https", () => {
  it("arrives whole", async () => {
    const { committed, late, error } = await take(() => changed((chunk) => chunk));
    expect(error).toBeUndefined();
    expect(committed).toHaveLength(999);
    expect(committed?.[0]?.nextWriteSequence).toBe(2);
    expect(late).toEqual([connection(1000, 0)]);
  });

  it("gives nothing when it is corrupted or cut before its end mark, wherever that is", async () => {
    const chunks = [...handover(1000)];
    const beforeLate = chunks.length - 2;
    for (let broken = 0; broken < beforeLate; broken += 1) {
      const corrupted = await take(() =>
        changed((chunk, index) => {
          const copy = chunk.slice();
          if (index === broken) copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 4;
          return copy;
        }),
      );
      expect(corrupted).toMatchObject({ committed: undefined, late: [] });
      expect(corrupted.error).toMatchObject({ name: "StateError" });
      const cut = await take(() =>
        changed((chunk, index) => {
          if (index === broken) throw new Error("the old node dies");
          return chunk;
        }),
      );
      expect(cut).toMatchObject({ committed: undefined, late: [] });
      expect(cut.error).toMatchObject({ name: "RestoreError", code: "RESTORE_IO" });
    }
  });

  it("loses late connections only, when it breaks after its end mark", async () => {
    const last = [...handover(1000)].length - 1;
    const { committed, late, error } = await take(() =>
      changed((chunk, index) => (index === last ? chunk.subarray(0, 10) : chunk)),
    );
    expect(committed).toHaveLength(999);
    expect(late).toHaveLength(1);
    expect(error).toMatchObject({ name: "StateError", code: "STATE_TRUNCATED" });
  });
});
