import { testSeeds } from "@dtls-cluster/testkit";
import { describe, expect, test } from "vitest";
import { imbalances } from "./cluster.ts";
import { SpreadCluster, type SpreadOptions } from "./spread-cluster.ts";

type Flow = Omit<SpreadOptions, "seed" | "loss">;

/** `most` bounds the frames on the cluster network for one handshake without loss. */
const flows: readonly [name: string, most: number, options: Flow][] = [
  ["whole flights", 2, {}],
  ["slow key lookups", 2, { pskDelayMs: 700 }],
  // ClientKeyExchange and ChangeCipherSpec go to both other nodes, Finished to its owner, and the answer back.
  ["one record a datagram", 6, { splitsFlights: true }],
  ["one record a datagram, slow key lookups", 6, { splitsFlights: true, pskDelayMs: 700 }],
  [
    "an MTU of 256 that splits flights",
    6,
    { mtu: 256, cidLength: 32, clientCidLength: 32, identityLength: 128 },
  ],
];
const losses: readonly [name: string, loss: number, withinMs: number][] = [
  ["no loss", 0, 1500],
  ["10 % loss", 0.1, 60_000],
];
const clients = 60;

function connectAll(cluster: SpreadCluster): void {
  for (let i = 0; i < clients; i += 1) {
    cluster.connect();
    cluster.world.runFor(20);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

describe.each(flows)("each datagram goes to any node: %s", (_flow, most, options) => {
  test.each(losses)("with %s every handshake ends well and data flows", (_loss, loss, withinMs) => {
    for (const seed of testSeeds(3)) {
      const cluster = new SpreadCluster({ ...options, loss, seed });
      const { world } = cluster;
      connectAll(cluster);
      world.runUntil(
        () => cluster.clients.every(({ connectedAt }) => connectedAt !== undefined),
        withinMs,
      );
      // Lost datagrams make flights come again, never more than a small multiple of frames.
      expect(cluster.frames / clients).toBeLessThanOrEqual(loss === 0 ? most : 3 * most);

      for (const client of cluster.clients) {
        const isAnswered = () => client.echoes.includes("last");
        for (let attempt = 0; attempt < 20 && !isAnswered(); attempt += 1) {
          client.send("last");
          world.runFor(50);
        }
        expect(isAnswered()).toBe(true);
      }
      world.runFor(100);
      expectBalance(cluster);
      if (loss > 0) continue;
      // Nobody started a handshake twice, and nothing was sent to a node that could not use it but by spreading.
      const stats = cluster.nodes.map(({ endpoint }) => endpoint.stats());
      expect(sum(stats.map(({ handshakesStarted }) => handshakesStarted))).toBe(clients);
      expect(sum(stats.map(({ handshakes }) => handshakes))).toBe(0);
    }
  });
});

/** Every datagram of a client and every frame has one outcome; the cluster network loses nothing. */
function expectBalance(cluster: SpreadCluster): void {
  expect(cluster.nodes.flatMap(({ forwarder }) => imbalances(forwarder))).toEqual([]);
  const counters = cluster.nodes.map(({ forwarder }) => forwarder.counters());
  expect(sum(counters.map(({ receivedCluster }) => receivedCluster))).toBe(cluster.frames);
  const sent = counters.map((c) => c.forwarded + c.hinted + 2 * c.spread + c.backwarded);
  expect(sum(sent)).toBe(cluster.frames);
  for (const [index, { endpoint }] of cluster.nodes.entries()) {
    const { datagrams } = endpoint.stats();
    const dropped = sum(Object.values(datagrams.dropped));
    expect(datagrams.received).toBe(datagrams.handled + datagrams.answered + dropped);
    const own = counters[index];
    // Each datagram that the forwarder placed here, or first offered here, and each record held for its keys.
    const offered =
      (own?.own ?? 0) +
      (own?.local ?? 0) +
      (own?.hinted ?? 0) +
      (own?.spread ?? 0) +
      (own?.unplaced ?? 0) +
      (own?.processForwarded ?? 0);
    expect(datagrams.received).toBe(offered);
  }
}

test("flights in pieces need the spreading: without it handshakes get stuck", () => {
  const cluster = new SpreadCluster({
    seed: 1,
    loss: 0,
    splitsFlights: true,
    maxSpreadPerSecond: 0,
  });
  connectAll(cluster);
  cluster.world.runFor(1500);
  const pending = cluster.clients.filter(({ connectedAt }) => connectedAt === undefined);
  expect(pending.length).toBeGreaterThan(clients / 4);
});
