// Cost of the MAC of one frame: node --conditions=@dtls-cluster/source packages/cluster-channel/bench/frame-mac.ts
import { createHmacKey, createNodeCrypto, createNodeEntropy } from "@dtls-cluster/crypto-node";
import { createCidLayout, encodeForwardFrame, FrameType } from "@dtls-cluster/wire";
import { SecureChannel, type SecureChannelOptions } from "../src/index.ts";

const crypto = createNodeCrypto();
const entropy = createNodeEntropy();
const datagrams: (() => void)[] = [];

function node(nodeId: number, other: () => SecureChannel): SecureChannel {
  const options: SecureChannelOptions = {
    level: "dtls-mac",
    crypto,
    entropy,
    identity: new Uint8Array(8).fill(1),
    secret: new Uint8Array(32).fill(2),
    layout: createCidLayout({ nodeId, entropy }),
    frameHmac: createHmacKey,
    isMember: () => true,
    isOurs: () => true,
  };
  return new SecureChannel(options, {
    transmit: (datagram) =>
      void datagrams.push(() => other().receive(datagram, `10.0.0.${nodeId}`, 5884, 0)),
    message: () => undefined,
    trouble: (trouble) => console.log(trouble),
  });
}

const one: SecureChannel = node(1, () => two);
const two: SecureChannel = node(2, () => one);
const [atOne, atTwo] = ["10.0.0.1", "10.0.0.2"].map((address) => ({ address, port: 5884 }));
if (atOne === undefined || atTwo === undefined) throw new Error("no addresses");
one.send(Uint8Array.of(61, 1, 0, 0, 0, 2), atTwo, "new", 0);
for (let step = datagrams.shift(); step !== undefined; step = datagrams.shift()) step();

function measure(name: string, count: number, run: () => unknown): void {
  for (let index = 0; index < count / 4; index++) run();
  // CPU time, so that a busy machine does not count.
  const start = process.cpuUsage();
  for (let index = 0; index < count; index++) run();
  const { user, system } = process.cpuUsage(start);
  const nanoseconds = (1000 * (user + system)) / count;
  console.log(`${name.padEnd(44)} ${nanoseconds.toFixed(0).padStart(5)} ns`);
}

for (const length of [40, 90, 400]) {
  const record = new Uint8Array(length).fill(7);
  const frame = encodeForwardFrame(FrameType.forward, "192.0.2.1", 5684, record, 8);
  if (frame === undefined) throw new Error("no frame");
  measure(`seal a frame, record of ${length} octets`, 3e5, () =>
    one.protection?.seal(frame, 8, atTwo),
  );
  measure(`verify a frame, record of ${length} octets`, 3e5, () =>
    two.protection?.verify(frame, 8, atOne.address, atOne.port),
  );
}
const { framesVerified, badMacs } = two.counters();
console.log(`${framesVerified} frames verified, ${badMacs} not`);
