import { simulate, testSeeds } from "@dtls-cluster/testkit";
import { describe, expect, test } from "vitest";
import { createPair, outcomesBalance } from "../peer.ts";

test.each([0, 1, 2, 3, 4, 5])("the handshake survives the loss of datagram %i", (lost) => {
  const { world, client, server } = createPair();
  let count = 0;
  world.network.addFilter(() => (count++ === lost ? "drop" : "pass"));
  const connection = client.connect(server);
  world.runUntil(() => connection.phase === "connected", 30_000);
  expect(server.connected()).toHaveLength(1);
  client.send(connection, "data");
  world.runUntil(() => server.payloads().length > 0, 1000);
});

test("the server repeats its last flight when the client repeats its Finished", () => {
  const { world, client, server } = createPair();
  let lost = 0;
  world.network.addFilter((datagram) => (datagram[0] === 20 && lost++ < 3 ? "drop" : "pass"));
  const connection = client.connect(server);
  world.runUntil(() => connection.phase === "connected");
  expect(lost).toBe(4);
  expect(server.connected()).toHaveLength(1);
  expect(server.endpoint.stats().flightRetransmissions).toBe(3);
  client.send(connection, "first data");
  world.runUntilIdle();
  expect(server.endpoint.nextTimeout()).toBe(undefined);
});

test("a peer that never answers costs its retransmissions with doubling timeouts, then an event", () => {
  const { world, client, server } = createPair();
  world.network.addFilter(() => "drop");
  const start = world.now;
  const times: number[] = [];
  world.network.addTap(() => times.push(world.now - start));
  const connection = client.connect(server);
  world.runUntilIdle();
  expect(times).toEqual([0, 1000, 3000, 7000, 15_000, 31_000]);
  expect(client.closeReasons()).toEqual([{ kind: "handshake-timeout" }]);
  expect(connection.phase).toBe("closed");
  expect(world.now - start).toBe(63_000);
});

test("retransmissions are sealed anew: no record leaves twice", () => {
  const { world, client, server } = createPair();
  let isCut = true;
  world.network.addFilter((_datagram, from) =>
    isCut && from.address === "10.0.0.1" && client.sent.length > 2 ? "drop" : "pass",
  );
  const connection = client.connect(server);
  world.runFor(4000);
  isCut = false;
  world.runUntil(() => connection.phase === "connected");
  const datagrams = client.sent.map(({ datagram }) => datagram.toString());
  expect(new Set(datagrams).size).toBe(datagrams.length);
  expect(client.endpoint.stats().flightRetransmissions).toBeGreaterThan(0);
});

describe.each(testSeeds(40))("seed %i", (seed) => {
  test("ends well over a link that loses, doubles and reorders", () => {
    simulate(
      (world) => {
        const pair = createPair({
          world: {
            seed: world.seed,
            conditions: { loss: 0.25, duplicate: 0.1, jitterMs: 700 },
          },
          both: { maxRetransmissions: 12, maxRetransmissionTimeoutMs: 4000 },
        });
        const connection = pair.client.connect(pair.server);
        pair.world.runUntil(() => connection.phase !== "handshaking", 300_000);
        expect(connection.phase).toBe("connected");
        expect(pair.server.connected()).toHaveLength(1);
        pair.world.runUntilIdle();
        expect(outcomesBalance(pair.server) && outcomesBalance(pair.client)).toBe(true);
        pair.world.assertClean();
      },
      { seed },
    );
  });
});
