import { Random, testSeeds } from "@dtls-cluster/testkit";
import { encodeForwardFrame, FrameType } from "@dtls-cluster/wire";
import { expect, test } from "vitest";
import { cidRecord, client, Host, imbalances, lastFlight, plainRecord, settle } from "./cluster.ts";

function cluster(): Host[] {
  const hosts = [1, 2, 3].map((id) => new Host(id, `10.0.0.${id}`));
  for (const host of hosts) {
    for (const [index, other] of hosts.entries()) {
      if (other !== host) host.knows(index + 1, other.address);
    }
  }
  return hosts;
}

/** A model with cuts, flipped octets and octets behind it, or nothing but random octets. */
function spoiled(models: readonly Uint8Array[], random: Random): Uint8Array {
  if (random.chance(0.1)) {
    const noise = new Uint8Array(random.integer(200));
    random.fill(noise);
    return noise;
  }
  const model = models[random.integer(models.length)] ?? new Uint8Array();
  const length = random.chance(0.3) ? random.integer(model.length + 40) : model.length;
  const datagram = new Uint8Array(length);
  datagram.set(model.subarray(0, length));
  for (let flips = random.integer(4); flips > 0 && length > 0; flips -= 1) {
    datagram[random.integer(length)] = random.uint32() & 0xff;
  }
  return datagram;
}

const records = [
  cidRecord(1),
  cidRecord(2),
  cidRecord(9),
  lastFlight(3),
  plainRecord(22, 60),
  plainRecord(20, 1),
  plainRecord(21, 2),
  cidRecord(2, 3, 17_000),
];

test("whatever comes to the public port ends in one counter and makes one hop at most", () => {
  for (const seed of testSeeds(2)) {
    const random = new Random(seed);
    const hosts = cluster();
    for (const host of hosts) host.takes = () => random.chance(0.5);
    for (let i = 0; i < 10_000; i += 1) {
      const host = hosts[random.integer(3)];
      host?.receive(spoiled(records, random), i);
      // At most one frame to each other node, and none of them causes another.
      expect(settle(hosts, i)).toBeLessThanOrEqual(2);
    }
    expect(hosts.flatMap(({ forwarder }) => imbalances(forwarder))).toEqual([]);
    const counters = hosts.map(({ forwarder }) => forwarder.counters());
    for (const name of ["own", "local", "forwarded", "spread", "dropMalformed"] as const) {
      expect(counters.reduce((sum, each) => sum + each[name], 0)).toBeGreaterThan(0);
    }
    expect(hosts.flatMap(({ published }) => published)).toEqual([]);
  }
});

test("whatever comes to the cluster port ends in one counter, and from strangers without effect", () => {
  const frames = [FrameType.forward, FrameType.backward, FrameType.relayForward].flatMap((type) =>
    records.flatMap((record) => {
      const frame = encodeForwardFrame(type, client.address, client.port, record, 0);
      return frame === undefined ? [] : [frame];
    }),
  );
  for (const seed of testSeeds(2)) {
    const random = new Random(seed);
    const [host] = cluster();
    if (host === undefined) throw new Error("no host");
    for (let i = 0; i < 10_000; i += 1) {
      const isNode = random.chance(0.5);
      const before = host.delivered.length + host.published.length;
      const datagram = spoiled(frames, random);
      const from = isNode ? "10.0.0.2" : "203.0.113.1";
      const outcome = host.forwarder.receiveCluster(datagram, from, 5884, i);
      const effects = host.delivered.length + host.published.length - before;
      const isTaken = outcome === "processForwarded" || outcome === "sendBackwarded";
      expect(effects).toBe(isTaken ? 1 : 0);
      if (!isNode) expect(outcome).toBe("dropUnknownSource");
    }
    expect(host.frames).toEqual([]);
    expect(imbalances(host.forwarder)).toEqual([]);
  }
});

test("a client address that is the cluster's own goes round nowhere", () => {
  const hosts = cluster();
  const [first, second] = hosts;
  if (first === undefined || second === undefined) throw new Error("no hosts");
  for (const host of hosts) host.takes = () => false;
  for (const address of ["10.0.0.1", "10.0.0.2", "127.0.0.1", "255.255.255.255", "224.0.0.1"]) {
    for (const record of [cidRecord(2), plainRecord(22, 60), lastFlight(2)]) {
      const frame = encodeForwardFrame(FrameType.forward, address, 5884, record, 0);
      if (frame === undefined) throw new Error("no frame");
      second.forwarder.receiveCluster(frame, "10.0.0.1", 5884, 0);
    }
    first.forwarder.receivePublic(cidRecord(2), address, 5884, 0);
    first.forwarder.receivePublic(lastFlight(2), address, 5884, 0);
  }
  expect(settle(hosts)).toBe(10);
  expect(hosts.flatMap(({ published }) => published)).toEqual([]);
});
