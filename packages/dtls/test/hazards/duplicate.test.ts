import { expect, test } from "vitest";
import { createConnectedPair, createPair, outcomesBalance } from "../peer.ts";

test("every datagram twice: one handshake, each payload once", () => {
  const { world, client, server } = createPair({ world: { conditions: { duplicate: 1 } } });
  const connection = client.connect(server);
  world.runUntil(() => connection.phase === "connected");
  world.runFor(100);
  expect(server.connected()).toHaveLength(1);
  expect(server.endpoint.stats().handshakesStarted).toBe(1);
  client.send(connection, "once");
  world.runUntilIdle();
  expect(server.payloads()).toEqual(["once"]);
  expect(server.endpoint.stats().recordsDropped.replayed).toBeGreaterThan(0);
  expect(outcomesBalance(server)).toBe(true);
});

test("a repeated ClientHello of a handshake in progress repeats the flight", () => {
  const { world, client, server } = createPair();
  server.pskFor = () => "later";
  client.connect(server);
  world.runUntil(() => server.events.length === 1);
  const hello = client.sent[1]?.datagram ?? new Uint8Array();
  expect(server.receive(hello, client.socket.address)).toBe("handled");
  const stats = server.endpoint.stats();
  expect(stats.handshakesStarted).toBe(1);
  expect(stats.flightRetransmissions).toBe(1);
});

test("the ClientHello of an established connection is recognised as old", () => {
  const { client, server } = createConnectedPair();
  const hello = client.sent[1]?.datagram ?? new Uint8Array();
  const before = server.sent.length;
  expect(server.receive(hello, client.socket.address)).toBe("replayed");
  expect(server.sent).toHaveLength(before);
  expect(server.endpoint.stats().handshakes).toBe(0);
});

test("a second connect to the same peer replaces a handshake that is still in progress", () => {
  const { world, client, server } = createPair();
  const first = client.connect(server);
  world.runFor(3.5);
  const second = client.connect(server);
  expect(first.phase).toBe("closed");
  expect(client.closeReasons()).toEqual([{ kind: "replaced" }]);
  world.runUntil(() => second.phase === "connected");
  world.runUntilIdle();
  expect(server.endpoint.stats()).toMatchObject({ connections: 1, handshakes: 0 });
});
