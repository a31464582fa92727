import { Random, testSeeds } from "@dtls-cluster/testkit";
import { decodePingFrame, FrameType } from "@dtls-cluster/wire";
import { expect, test } from "vitest";
import { Node, pingOf } from "./network.ts";

const models = [
  pingOf({ id: 2 }),
  pingOf({ id: 2, state: 1 }),
  pingOf({ id: 1, generation: 2, instance: 7 }),
  pingOf({ id: 3, generation: 9, instance: 8 }),
  pingOf({ id: 1, generation: 1, instance: 1001 }),
];

test("whatever comes from wherever: one outcome, a bounded table, at most its own size in answer", () => {
  for (const seed of testSeeds(3)) {
    const random = new Random(seed);
    const node = new Node({ nodeId: 1, maxNodes: 16 });
    node.membership.start(0);
    node.take();
    let pings = 0;
    for (let i = 1; i <= 10_000; i += 1) {
      const model = models[random.integer(models.length)] ?? new Uint8Array();
      const datagram = new Uint8Array(random.chance(0.3) ? random.integer(40) : model.length);
      datagram.set(model.subarray(0, datagram.length));
      if (random.chance(0.5)) datagram[0] = random.chance(0.5) ? FrameType.ping : FrameType.pong;
      for (let flips = random.integer(4); flips > 0 && datagram.length > 0; flips -= 1) {
        datagram[random.integer(datagram.length)] = random.uint32() & 0xff;
      }
      const address = `203.0.113.${random.integer(40)}`;
      node.membership.receive(datagram, address, 5884, i);
      // One pong to where the datagram came from, never longer; other nodes are asked for a sign of life at most.
      for (const { to, bytes } of node.take()) {
        const answer = decodePingFrame(bytes);
        if (typeof answer === "string") throw new Error(answer);
        if (answer.type === FrameType.pong) {
          expect(to.address).toBe(address);
          expect(bytes.length).toBeLessThanOrEqual(datagram.length);
        } else pings += 1;
      }
      expect(node.membership.table.size).toBeLessThanOrEqual(16);
      if (i % 100 === 0) node.membership.handleTimeout(i);
    }
    expect(pings).toBeLessThan(10_000);
    const { received, outcomes } = node.membership.stats();
    expect(received).toBe(10_000);
    expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(received);
    expect(Object.values(outcomes).every((count) => count > 0)).toBe(true);
    // Silence empties the table again.
    for (let now = 10_000; now <= 24_000; now += 2000) node.membership.handleTimeout(now);
    expect(node.membership.table.size).toBe(0);
    expect(node.membership.conflicts()).toEqual([]);
  }
});
