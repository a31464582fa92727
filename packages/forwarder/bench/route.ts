// Cost of one decision: node --conditions=@dtls-cluster/source packages/forwarder/bench/route.ts
import { cidRecord, client, Host, lastFlight, plainRecord } from "../test/cluster.ts";

const host = new Host(1, "10.0.0.1");
for (let id = 2; id < 10; id++) host.knows(id, { address: `10.0.0.${id}`, port: 5884 });
let delivered = 0;
const { Forwarder } = await import("../src/index.ts");
const { createCidLayout } = await import("@dtls-cluster/wire");
const forwarder = new Forwarder(
  {
    layout: createCidLayout({ nodeId: 1, length: 6, entropy: { fill: () => undefined } }),
    table: host.table,
  },
  {
    deliver: () => {
      delivered++;
      return true;
    },
    sendCluster: () => {
      delivered++;
    },
    sendPublic: () => {
      delivered++;
    },
  },
);
const frames: Uint8Array[] = [];
host.forwarder.receivePublic(cidRecord(2, 5000, 60), client.address, client.port, 0);
for (const { frame } of host.frames) frames.push(frame);
const [frame = new Uint8Array()] = frames;
const own = cidRecord(1, 5000, 60);
frame[8 + 11] = 1;

function measure(name: string, count: number, run: () => void): void {
  for (let index = 0; index < count / 4; index++) run();
  const start = process.hrtime.bigint();
  for (let index = 0; index < count; index++) run();
  const nanoseconds = Number(process.hrtime.bigint() - start) / count;
  console.log(`${name.padEnd(44)} ${nanoseconds.toFixed(0).padStart(5)} ns`);
}

const { address, port } = client;
measure("own record", 5e6, () => forwarder.receivePublic(own, address, port, 0));
const data = plainRecord(23, 60);
measure("record without Connection ID", 5e6, () => forwarder.receivePublic(data, address, port, 0));
const flight = lastFlight(1);
measure("own last flight, three records", 5e6, () =>
  forwarder.receivePublic(flight, address, port, 0),
);
const foreign = cidRecord(2, 5000, 60);
measure("foreign record, frame written", 1e6, () =>
  forwarder.receivePublic(foreign, address, port, 0),
);
measure("forward frame, read and delivered", 1e6, () =>
  forwarder.receiveCluster(frame, "10.0.0.2", 5884, 0),
);
const via = { address: "10.0.0.2", port: 5884 };
measure("answer, backward frame written", 1e6, () => forwarder.sendBackward(own, client, via));
console.log(`${delivered} datagrams, ${JSON.stringify(forwarder.counters())}`);
