import { simulate, testSeeds } from "@dtls-cluster/testkit";
import type { SocketAddress } from "@dtls-cluster/wire";
import { describe, expect, it } from "vitest";
import { ClusterNode, clusterPort, createNodes, isComplete } from "./cluster-node.ts";

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

  it("knows both processes of a node id by their generations, and relays between them", () => {
    simulate((world) => {
      const at = (address: string) => ({ address, port: clusterPort });
      const group = [at("10.0.0.1"), at("10.0.0.2")];
      const router = new ClusterNode(world, 1, group, { level });
      const giver = new ClusterNode(world, 2, group, { level });
      const taker = new ClusterNode(world, 2, [], {
        level,
        address: "10.0.0.12",
        generation: 2,
        initialNodes: 1,
      });
      for (const node of [router, giver, taker]) node.start();
      world.runFor(1000);
      // The two of one node id find each other as doubles do, and nobody else knows the taker.
      taker.membership.discovered([giver.address], world.now);
      world.runFor(1000);
      expect(giver.membership.table.owner(2)).toMatchObject({
        address: "10.0.0.12",
        generation: 2,
      });
      expect(taker.membership.table.claimants(2)).toMatchObject([{ generation: 1 }]);
      expect(router.knows(taker)).toBe(false);
      giver.forwarder.relayTo(taker.address, 2, false);
      let via: SocketAddress | undefined;
      taker.onDeliver = (_datagram, _address, _port, router_) => {
        via = router_;
        return true;
      };
      const record = router.record(2, 9);
      world.runFor(10);
      expect(taker.delivered).toHaveLength(1);
      expect(giver.forwarder.counters().relayedForward).toBe(1);
      if (via === undefined) throw new Error("the record came by no router");
      taker.forwarder.sendBackward(record, { address: "198.51.100.7", port: 40_000 }, via);
      world.runFor(10);
      expect(router.published).toHaveLength(1);
      expect(giver.forwarder.counters().relayedBackward).toBe(1);
      const sealed = [router, giver, taker].map((node) => node.channel.counters().framesSealed);
      expect(sealed).toEqual(level === "dtls-mac" ? [1, 2, 1] : [0, 0, 0]);
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
