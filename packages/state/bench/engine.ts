// Moves 100,000 PSK connections out of one endpoint into a stream, and out of the stream into another endpoint:
// what a handover does, without sockets and https. Prints milliseconds.
// Run: node --conditions=@dtls-cluster/source packages/state/bench/engine.ts [count]
import { createHash } from "node:crypto";
import { createNodeCrypto, createNodeEntropy } from "@dtls-cluster/crypto-node";
import { type ConnectionState, createEndpoint, type Endpoint } from "@dtls-cluster/dtls";
import { StateReader, writeState } from "../src/index.ts";
import { sampleConnection } from "../test/support/sample-states.ts";

const count = Number(process.argv[2] ?? 100_000);
const sha256 = (data: Uint8Array): Uint8Array => createHash("sha256").update(data).digest();
const header = { nodeId: 1, generation: 1, createdAt: 1_795_000_000_000 };

function endpoint(): Endpoint {
  return createEndpoint(
    { crypto: createNodeCrypto(), entropy: createNodeEntropy(), connectionId: { length: 6 } },
    { transmit: () => undefined, data: () => undefined, event: () => undefined },
  );
}

function* statesOf(from: Endpoint): Generator<{ readonly state: ConnectionState }> {
  for (const connection of from.connections()) {
    const state = from.snapshot(connection, 1000);
    if (state !== undefined) yield { state };
  }
}

const source = endpoint();
for (let i = 0; i < count; i += 1) source.importConnection(sampleConnection(i), 0);

for (let round = 1; round <= 3; round += 1) {
  const start = performance.now();
  const chunks = [...writeState({ header, sha256 }, { connections: statesOf(source) })];
  const middle = performance.now();
  const target = endpoint();
  const reader = new StateReader({ sha256 });
  let taken = 0;
  for (const chunk of chunks) {
    for (const item of reader.push(chunk)) {
      if (item.kind !== "connection") continue;
      target.importConnection(item.state, 1000);
      taken += 1;
    }
  }
  reader.finish();
  if (taken !== count) throw new Error(`${taken} of ${count} arrived`);
  const [out, into] = [middle - start, performance.now() - middle].map((ms) => ms.toFixed(0));
  console.log(`round ${round}: endpoint to stream ${out} ms, stream to endpoint ${into} ms`);
}
