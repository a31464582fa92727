import { expect, test } from "vitest";
import { createConnectedPair } from "../peer.ts";

test("a record is delivered once, however often and from wherever it comes", () => {
  const { client, server, clientConnection, world } = createConnectedPair();
  client.send(clientConnection, "order pizza");
  world.runUntilIdle();
  const datagram = client.sent.at(-1)?.datagram ?? new Uint8Array();
  expect(server.receive(datagram, client.socket.address)).toBe("replayed");
  expect(server.receive(datagram, { address: "192.0.2.66", port: 1 })).toBe("replayed");
  expect(server.payloads()).toEqual(["order pizza"]);
  expect(server.connected()[0]?.path.address).toBe("10.0.0.2");
});

test("the replayed records of a whole session deliver nothing and change nothing", () => {
  const { client, server, clientConnection, serverConnection, world } = createConnectedPair();
  for (let i = 0; i < 5; i += 1) client.send(clientConnection, `${i}`);
  world.runUntilIdle();
  const events = server.events.length;
  for (const { datagram } of client.sent)
    server.receive(datagram, { address: "192.0.2.66", port: 9 });
  expect(server.payloads()).toHaveLength(5);
  expect(server.events).toHaveLength(events);
  expect(serverConnection.phase).toBe("connected");
});
