import {
  type LinkConditions,
  NonceAuditor,
  simulate,
  testSeeds,
  type World,
} from "@dtls-cluster/testkit";
import { describe, expect, it } from "vitest";
import { ClusterNode, clusterPort, createNodes, isComplete } from "./cluster-node.ts";

type Pair = [ClusterNode, ClusterNode];
/** The interval of refresh pings: what the loss of keys may cost at most. */
const refreshMs = 4000;

const auditor = (): NonceAuditor =>
  new NonceAuditor({
    serverOf: ({ address }) => (address === "10.0.0.2" ? "two" : undefined),
    cidLengthToServer: 6,
    cidLengthToClient: 6,
  });

function startPair(world: World): Pair {
  const nodes = createNodes(world, 2) as Pair;
  for (const node of nodes) node.start();
  world.runUntil(() => isComplete(nodes), 1000);
  return nodes;
}

/** Only node 1 looks for the other one, so that all handshakes are its own. */
function startOneSided(world: World): Pair {
  const one = new ClusterNode(world, 1, [{ address: "10.0.0.2", port: clusterPort }]);
  const two = new ClusterNode(world, 2, [], { initialNodes: 1 });
  const pair: Pair = [one, two];
  for (const node of pair) node.start();
  world.runUntil(() => isComplete(pair), 1000);
  return pair;
}

/** Whether a record gets from one node to the other now. */
function gets(from: ClusterNode, to: ClusterNode, sequence: number): boolean {
  const before = to.delivered.length;
  from.record(to.id, sequence);
  from.world.runFor(5);
  return to.delivered.length > before;
}

/** Milliseconds until records get through in both directions. */
function timeUntilBothWays([one, two]: Pair): number {
  const { world } = one;
  const start = world.now;
  for (let sequence = 1000; world.now - start < 60_000; sequence += 1) {
    const there = gets(one, two, sequence);
    const back = gets(two, one, sequence);
    if (there && back) return world.now - start;
    world.runFor(20);
  }
  throw new Error("records do not get through any more");
}

describe("the loss of all keys", () => {
  it("recovers at once when records are on their way", () => {
    simulate((world) => {
      const pair = startPair(world);
      const [one, two] = pair;
      world.runFor(30_000);
      two.loseKeys();
      expect(gets(one, two, 1)).toBe(false);
      expect(timeUntilBothWays(pair)).toBeLessThan(100);
      expect(one.membership.stats().expired + two.membership.stats().expired).toBe(0);
    });
  });

  it("recovers when it is only noticed by a ping without an answer", () => {
    simulate((world) => {
      const [one, two] = startOneSided(world);
      world.runFor(30_000);
      // Node 2 does not remember node 1 either, so it cannot begin by itself.
      two.loseKeys();
      for (const node of [...two.membership.table.nodes()])
        two.membership.table.remove(node, world.now);
      const pings = () => one.membership.stats().pingsSent;
      const before = pings();
      world.runUntil(() => pings() > before, 10_000);
      const askedAt = world.now;
      world.runUntil(() => two.knows(one), refreshMs);
      expect(world.now - askedAt).toBeLessThan(refreshMs);
      expect(gets(one, two, 1)).toBe(true);
      expect(one.membership.stats().expired).toBe(0);
    });
  });

  it("recovers when both sides lose them", () => {
    simulate((world) => {
      const pair = startPair(world);
      world.runFor(30_000);
      for (const node of pair) node.loseKeys();
      expect(timeUntilBothWays(pair)).toBeLessThan(1100);
    });
  });

  it.each(testSeeds(5))("recovers over a bad network, seed %i", (seed) => {
    simulate(
      (world) => {
        const pair = startPair(world);
        world.network.setConditions({ loss: 0.1, duplicate: 0.1, jitterMs: 60 });
        for (let round = 0; round < 10; round += 1) {
          world.runFor(7000);
          pair[round % 2]?.loseKeys();
        }
        world.network.setConditions({ loss: 0, duplicate: 0, jitterMs: 0 });
        expect(timeUntilBothWays(pair)).toBeLessThan(3 * refreshMs);
      },
      { seed },
    );
  });
});

describe("a restart", () => {
  it.each([0, 3000, 30_000])("after %i ms brings the node back as soon as it starts", (pauseMs) => {
    simulate(
      (world) => {
        const [one, two] = startPair(world);
        world.runFor(20_000);
        two.socket.close();
        world.runFor(pauseMs);
        const again = new ClusterNode(world, 2, [one.address, two.address]);
        again.start();
        expect(timeUntilBothWays([one, again])).toBeLessThan(100);
        world.runFor(60_000);
        expect(gets(one, again, 1)).toBe(true);
        expect(one.channel.counters().associations).toBeLessThanOrEqual(2);
      },
      { auditor: auditor() },
    );
  });
});

describe("two nodes that begin at the same time", () => {
  const conditions: Partial<LinkConditions>[] = [
    { delayMs: 1 },
    { delayMs: 200, jitterMs: 200 },
    { delayMs: 10, jitterMs: 300, duplicate: 0.5 },
    { delayMs: 5, jitterMs: 100, loss: 0.3 },
  ];
  it.each(conditions)("agree, with %o", (condition) => {
    for (const seed of testSeeds(8)) {
      simulate(
        (world) => {
          const pair = createNodes(world, 2) as Pair;
          for (const node of pair) node.start();
          world.runUntil(() => isComplete(pair), 60_000);
          world.runFor(20_000);
          world.network.setConditions({ delayMs: 1, jitterMs: 0, loss: 0, duplicate: 0 });
          world.runFor(2000);
          expect(gets(pair[0], pair[1], 1)).toBe(true);
          expect(gets(pair[1], pair[0], 2)).toBe(true);
        },
        { seed, conditions: condition },
      );
    }
  });
});

describe("new keys while records flow", () => {
  it.each(testSeeds(10))("cost no record, whatever overtakes what, seed %i", (seed) => {
    simulate(
      (world) => {
        const pair = createNodes(world, 2) as Pair;
        const [one, two] = pair;
        for (const node of pair) node.start();
        world.runFor(5000);
        let sent = 0;
        for (let round = 0; round < 40; round += 1) {
          // Now one, now the other, now both begin a handshake.
          if (round % 3 !== 1) one.contactAnew(two);
          if (round % 3 !== 0) two.contactAnew(one);
          for (let index = 0; index < 100; index += 1) {
            one.record(2, sent);
            two.record(1, sent);
            sent += 1;
            world.runFor(3);
          }
        }
        world.runFor(1000);
        for (const node of pair) {
          expect(node.delivered.length).toBe(sent);
          const { badMacs, framesWithoutKeys, framesVerified, framesUnderOtherKey } =
            node.channel.counters();
          expect([badMacs, framesWithoutKeys]).toEqual([0, 0]);
          expect(framesVerified + framesUnderOtherKey).toBe(sent);
          expect(framesUnderOtherKey).toBeGreaterThan(0);
        }
      },
      { seed, conditions: { delayMs: 2, jitterMs: 40 }, auditor: auditor() },
    );
  });

  it.each(testSeeds(5))(
    "lose none to wrong keys when datagrams of the handshake get lost, seed %i",
    (seed) => {
      simulate(
        (world) => {
          const pair = startOneSided(world);
          const [one, two] = pair;
          world.runFor(5000);
          // Only DTLS is lost, so that every record must arrive.
          world.network.addFilter((datagram) =>
            (datagram[0] ?? 0) < 26 && world.random().uint32() % 5 === 0 ? "drop" : "pass",
          );
          let sent = 0;
          for (let round = 0; round < 20; round += 1) {
            one.contactAnew(two);
            for (let index = 0; index < 100; index += 1) {
              one.record(2, sent);
              two.record(1, sent);
              sent += 1;
              world.runFor(15);
            }
          }
          world.runFor(1000);
          for (const node of pair) {
            expect(node.channel.counters().badMacs).toBe(0);
            expect(node.delivered.length).toBe(sent);
          }
        },
        { seed, conditions: { delayMs: 2, jitterMs: 10 } },
      );
    },
  );

  it("leaves two associations at most, and none when the other side is gone for a minute", () => {
    simulate((world) => {
      const [one, two] = startPair(world);
      for (let round = 0; round < 20; round += 1) {
        one.contactAnew(two);
        world.runFor(500);
        expect(one.channel.counters().associations).toBeLessThanOrEqual(2);
      }
      two.socket.close();
      world.runFor(100_000);
      expect(one.channel.counters().associations).toBe(0);
      expect(one.knows(two)).toBe(false);
    });
  });
});
