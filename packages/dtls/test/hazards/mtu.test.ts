import { expect, test } from "vitest";
import { createConnectedPair, createPair, psk, utf8 } from "../peer.ts";

const longIdentity = utf8("i".repeat(128));

test("no datagram exceeds the MTU, and long messages are cut to it", () => {
  const { world, client, server } = createPair({
    both: { mtu: 256 },
    client: { connectionId: { length: 32 } },
    server: { connectionId: { length: 32 } },
  });
  const connection = client.connect(server, { pskIdentity: longIdentity, psk });
  world.runUntil(() => connection.phase === "connected", 900);
  for (const { datagram } of [...client.sent, ...server.sent]) {
    expect(datagram.length).toBeLessThanOrEqual(256);
  }
  // The client's last flight no longer fits one datagram.
  expect(client.sent).toHaveLength(4);
});

test("whatever the lengths, no datagram exceeds the MTU", () => {
  for (let length = 0; length <= 128; length += 1) {
    const { world, client, server } = createPair({
      both: { mtu: 256 },
      client: { connectionId: { length: length % 33 } },
      server: { connectionId: { length: 32 } },
    });
    const connection = client.connect(server, { pskIdentity: new Uint8Array(length), psk });
    world.runUntil(() => connection.phase === "connected", 900);
    const lengths = [...client.sent, ...server.sent].map(({ datagram }) => datagram.length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(256);
  }
});

test("each flight is one datagram where it fits", () => {
  const { client, server } = createConnectedPair();
  expect(client.sent).toHaveLength(3);
  expect(server.sent).toHaveLength(3);
});

test("maxPayload fills a datagram exactly, and one byte more is the caller's mistake", () => {
  const { client, server, clientConnection, world } = createConnectedPair({ both: { mtu: 500 } });
  const { maxPayload } = clientConnection;
  expect(client.send(clientConnection, "x".repeat(maxPayload))).toBe(true);
  expect(client.sent.at(-1)?.datagram).toHaveLength(500);
  expect(() => client.send(clientConnection, "x".repeat(maxPayload + 1))).toThrow(
    `payload has ${maxPayload + 1} bytes, but must have at most ${maxPayload}`,
  );
  world.runUntilIdle();
  expect(server.payloads()[0]).toHaveLength(maxPayload);
});

test("an empty payload is a record too", () => {
  const { client, server, clientConnection, world } = createConnectedPair();
  client.send(clientConnection, "");
  world.runUntilIdle();
  expect(server.payloads()).toEqual([""]);
});
