import { simulate, testSeeds } from "@dtls-cluster/testkit";
import { describe, expect, it } from "vitest";
import { createNodes, isComplete } from "./cluster-node.ts";

const levels = ["dtls", "dtls-mac"] as const;

describe.each(levels)("a cluster at level %s", (level) => {
  it("finds itself within one round trip of handshakes", () => {
    simulate((world) => {
      const nodes = createNodes(world, 3, () => ({ level }));
      for (const node of nodes) node.start();
      world.runUntil(() => isComplete(nodes), 100);
      for (const node of nodes) expect(node.channel.counters().handshakesFailed).toBe(0);
    });
  });

  it("refreshes over the associations it has, without further handshakes", () => {
    simulate((world) => {
      const nodes = createNodes(world, 3, () => ({ level }));
      for (const node of nodes) node.start();
      world.runFor(1000);
      const before = nodes.map((node) => node.channel.counters().handshakesStarted);
      world.runFor(600_000);
      expect(isComplete(nodes)).toBe(true);
      expect(nodes.map((node) => node.channel.counters().handshakesStarted)).toEqual(before);
      for (const node of nodes) {
        expect(node.channel.counters().unanswered).toBe(0);
        expect(node.membership.stats().expired).toBe(0);
      }
    });
  });

  it("forwards and backwards records", () => {
    simulate((world) => {
      const nodes = createNodes(world, 2, () => ({ level }));
      const [one, two] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
      for (const node of nodes) node.start();
      world.runUntil(() => isComplete(nodes), 100);
      const record = one.record(2, 7);
      world.runFor(10);
      const client = { address: "198.51.100.7", port: 40_000 };
      const hex = Buffer.from(record).toString("hex");
      expect(two.delivered).toEqual([`${hex} 198.51.100.7:40000`]);
      two.forwarder.sendBackward(record, client, one.address);
      world.runFor(10);
      expect(one.published).toEqual([`${hex} 198.51.100.7:40000`]);
    });
  });

  it.each(testSeeds())(
    "comes to be over a network that loses, doubles and reorders, seed %i",
    (seed) => {
      simulate(
        (world) => {
          const nodes = createNodes(world, 4, () => ({ level }));
          for (const node of nodes) node.start();
          world.runUntil(() => isComplete(nodes), 60_000);
        },
        { seed, conditions: { loss: 0.2, duplicate: 0.1, delayMs: 20, jitterMs: 80 } },
      );
    },
  );
});
