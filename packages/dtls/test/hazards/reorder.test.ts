import { expect, test } from "vitest";
import { createConnectedPair, createPair } from "../peer.ts";

test("a Finished that overtakes its flight is kept until it can be opened", () => {
  const { world, client, server } = createPair();
  // One record a datagram, the client's last flight in reverse order.
  world.network.addFilter((datagram, from) => {
    const parts = splitRecords(datagram, 6);
    if (from.address !== "10.0.0.2" || parts.length < 3) return "pass";
    for (const part of parts.reverse()) world.network.send(part, from, server.socket.address);
    return "drop";
  });
  const connection = client.connect(server);
  world.runUntil(() => connection.phase === "connected", 900);
  expect(server.connected()).toHaveLength(1);
  expect(server.outcomes.filter((outcome) => outcome === "handled")).toHaveLength(4);
});

test("records in any order within the window are delivered once each", () => {
  const { world, client, server, clientConnection } = createConnectedPair();
  const held: Uint8Array[] = [];
  const stop = world.network.addFilter((datagram) => {
    held.push(datagram.slice());
    return "drop";
  });
  for (let i = 0; i < 64; i += 1) client.send(clientConnection, `${i}`);
  stop();
  for (const datagram of held.reverse()) server.receive(datagram, client.socket.address);
  expect(server.payloads().sort()).toEqual(Array.from({ length: 64 }, (_, i) => `${i}`).sort());
});

test("data that overtakes the server's Finished is dropped, and the handshake still completes", () => {
  const { world, client, server } = createPair();
  const connection = client.connect(server);
  const late: Uint8Array[] = [];
  const stop = world.network.addFilter((datagram, from) => {
    if (from.address !== "10.0.0.1" || datagram[0] !== 20) return "pass";
    late.push(datagram.slice());
    return "drop";
  });
  world.runUntil(() => server.connected().length === 1);
  const [serverConnection] = server.connected();
  if (serverConnection !== undefined) server.send(serverConnection, "early");
  world.runFor(10);
  expect(connection.phase).toBe("handshaking");
  stop();
  const [lastFlight] = late;
  if (lastFlight !== undefined) client.receive(lastFlight, server.socket.address);
  expect(connection.phase).toBe("connected");
  expect(client.payloads()).toEqual([]);
});

/** The records of a datagram, one array each. */
function splitRecords(datagram: Uint8Array, cidLength: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < datagram.length; ) {
    const lengthAt = at + 11 + (datagram[at] === 25 ? cidLength : 0);
    const end = lengthAt + 2 + ((datagram[lengthAt] ?? 0) << 8) + (datagram[lengthAt + 1] ?? 0);
    parts.push(datagram.slice(at, end));
    at = end;
  }
  return parts;
}
