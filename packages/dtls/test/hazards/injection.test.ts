import { describe, expect, test } from "vitest";
import { createConnectedPair, createPair, credentials, psk, utf8 } from "../peer.ts";

/** A record of epoch 0. */
function plain(type: number, ...content: number[]): Uint8Array {
  const length = content.length;
  return Uint8Array.of(
    type,
    0xfe,
    0xfd,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    7,
    length >> 8,
    length & 0xff,
    ...content,
  );
}

const injected: readonly [name: string, datagram: Uint8Array][] = [
  ["a fatal alert", plain(21, 2, 40)],
  ["a close_notify", plain(21, 1, 0)],
  ["a ChangeCipherSpec", plain(20, 1)],
  ["a malformed ChangeCipherSpec", plain(20, 2)],
  ["application data in the clear", plain(23, 104, 105)],
  ["a HelloRequest", plain(22, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
  ["a Finished", plain(22, 20, 0, 0, 2, 0, 3, 0, 0, 0, 0, 0, 2, 1, 2)],
  ["a record of epoch 2", Uint8Array.of(23, 0xfe, 0xfd, 0, 2, 0, 0, 0, 0, 0, 1, 0, 1, 0)],
  [
    "a tls12_cid record of epoch 0",
    Uint8Array.of(25, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 0, 1, 0),
  ],
  [
    "an unknown CID",
    Uint8Array.of(25, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 0, 1, 0),
  ],
  ["nothing", new Uint8Array(0)],
  ["one byte", Uint8Array.of(22)],
];

describe.each(injected)("%s from the peer's address", (_name, datagram) => {
  test("does nothing to an established connection, and is not answered", () => {
    const { world, client, server, clientConnection, serverConnection } = createConnectedPair();
    const [fromServer, fromClient] = [server.sent.length, client.sent.length];
    expect(server.receive(datagram, client.socket.address)).not.toBe("handled");
    expect(client.receive(datagram, server.socket.address)).not.toBe("handled");
    expect([server.sent.length, client.sent.length]).toEqual([fromServer, fromClient]);
    client.send(clientConnection, "ping");
    server.send(serverConnection, "pong");
    world.runUntilIdle();
    expect([server.payloads(), client.payloads()]).toEqual([["ping"], ["pong"]]);
  });

  test("does not end a handshake in progress", () => {
    const { world, client, server } = createPair();
    server.pskFor = () => "later";
    const connection = client.connect(server);
    for (let step = 0; step < 12; step += 1) {
      world.runFor(0.5);
      server.receive(datagram, client.socket.address);
      client.receive(datagram, server.socket.address);
    }
    const [event] = server.events;
    expect(event?.type).toBe("psk-needed");
    if (event?.type === "psk-needed") server.endpoint.providePsk(event.connection, psk, world.now);
    world.runUntil(() => connection.phase === "connected");
  });
});

test("a protected record without the negotiated CID is dropped", () => {
  const { client, server, clientConnection } = createConnectedPair();
  client.send(clientConnection, "x");
  const sealed = client.sent.at(-1)?.datagram ?? new Uint8Array();
  const stripped = Uint8Array.of(23, ...sealed.subarray(1, 11), ...sealed.subarray(17));
  expect(server.receive(stripped, client.socket.address)).toBe("connection-id-missing");
});

test("a new handshake from the address of a live connection replaces it only when it is complete", () => {
  const { world, client, server, clientConnection, serverConnection } = createConnectedPair();
  // The client lost its state, starts anew, and gets stuck before its Finished.
  const stop = world.network.addFilter((datagram) => (datagram[13] === 16 ? "drop" : "pass"));
  const second = client.connect(server);
  world.runFor(500);
  expect(server.endpoint.stats()).toMatchObject({ connections: 1, handshakes: 1 });
  client.send(clientConnection, "the old one lives");
  world.runFor(10);
  expect(server.payloads()).toEqual(["the old one lives"]);
  stop();
  world.runUntil(() => second.phase === "connected");
  expect(serverConnection.phase).toBe("closed");
  expect(server.closeReasons()).toEqual([{ kind: "replaced" }]);
  expect(server.endpoint.stats()).toMatchObject({ connections: 1, handshakes: 0 });
});

test("a handshake with a wrong key beside a live connection never hurts it", () => {
  const { world, client, server, clientConnection, serverConnection } = createConnectedPair();
  client.connect(server, { ...credentials, psk: utf8("wrong") });
  world.runFor(100_000);
  expect(serverConnection.phase).toBe("connected");
  client.send(clientConnection, "still here");
  world.runFor(10);
  expect(server.payloads()).toEqual(["still here"]);
});

test("a device that comes by a used address leaves the other one's connection alone", () => {
  const { world, client, server, serverConnection } = createConnectedPair();
  // Another device gets the address that the first one had: other identity, same address.
  const second = client.connect(server, { pskIdentity: utf8("device-2"), psk });
  world.runUntil(() => second.phase === "connected");
  expect(serverConnection.phase).toBe("connected");
  expect(server.endpoint.stats().connections).toBe(2);
});
