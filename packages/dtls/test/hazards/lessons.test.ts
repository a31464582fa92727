import { describe, expect, test } from "vitest";
import { createEndpoint } from "../../src/index.ts";
import { createConnectedPair, createPair, crypto, psk } from "../peer.ts";

const client = { address: "10.0.0.2", port: 40_000 };

/** A protected record that nobody sealed. */
function forged(type: number, epoch: number, cid: readonly number[]): Uint8Array {
  const head = [type, 0xfe, 0xfd, epoch >> 8, epoch & 0xff, 0, 0, 0, 0, 0, 9];
  return Uint8Array.of(...head, ...cid, 0, 30, ...new Uint8Array(30).fill(7));
}

test("a million records with unknown CIDs get no answer and leave nothing behind", () => {
  let sent = 0;
  const count = (): void => {
    sent += 1;
  };
  const endpoint = createEndpoint(
    { crypto, entropy: { fill: (target) => void target.fill(1) }, connectionId: { length: 6 } },
    { transmit: count, data: () => {}, event: () => {} },
  );
  const record = forged(25, 1, [0, 0, 0, 0, 0, 0]);
  const cid = new DataView(record.buffer, 11, 6);
  for (let i = 0; i < 1_000_000; i += 1) {
    cid.setUint32(0, i);
    const address = `198.51.100.${i & 0xff}`;
    endpoint.receive(record, address, 1024 + (i & 0x7fff), undefined, i / 1000);
  }
  const stats = endpoint.stats();
  expect(stats.datagrams.dropped["unknown-connection-id"]).toBe(1_000_000);
  expect([sent, stats.connections, stats.handshakes]).toEqual([0, 0, 0]);
  expect(endpoint.nextTimeout()).toBeUndefined();
});

describe("an epoch above 1 (CVE-2021-42141, CVE-2021-42142)", () => {
  const epochs = [2, 3, 255, 256, 65_535];

  test("is dropped without state at every step of a handshake, which completes (RFC 6347 section 4.1)", () => {
    const { world, server, client: peer } = createPair();
    server.pskFor = () => "later";
    const connection = peer.connect(server);
    const drop = (): void => {
      for (const epoch of epochs) {
        for (const type of [20, 21, 22, 23, 25]) {
          const record = forged(type, epoch, type === 25 ? [0, 0, 0, 0, 0, 0] : []);
          expect(server.receive(record, peer.socket.address)).toBe("wrong-epoch");
        }
      }
    };
    for (let step = 0; step < 12; step += 1) {
      world.runFor(0.5);
      drop();
    }
    const [event] = server.events;
    if (event?.type === "psk-needed") server.endpoint.providePsk(event.connection, psk, world.now);
    drop();
    world.runUntil(() => connection.phase === "connected");
    expect(server.endpoint.stats().flightRetransmissions).toBe(0);
  });

  test("changes nothing afterwards, and does not count as a forgery", () => {
    const {
      world,
      server,
      client: peer,
      ...connections
    } = createConnectedPair({
      server: { limits: { maxForgeries: 3 } },
    });
    const cid = [...(connections.serverConnection.readConnectionId ?? [])];
    for (const epoch of epochs) server.receive(forged(25, epoch, cid), peer.socket.address);
    peer.send(connections.clientConnection, "still here");
    world.runUntilIdle();
    expect(server.payloads()).toEqual(["still here"]);
  });
});

test("an epoch-0 hello of any shape leaves a live association alone (CVE-2022-35409, RFC 6347 section 4.2.8)", () => {
  const { world, server, client: peer, clientConnection, serverConnection } = createConnectedPair();
  const hello = peer.sent[1]?.datagram.slice() ?? new Uint8Array();
  for (let length = 0; length < hello.length; length += 1) {
    server.receive(hello.slice(0, length), client);
  }
  // Every byte that may be a length says less, more, nothing and the most.
  for (let at = 11; at < hello.length; at += 1) {
    for (const value of [0, 1, (hello[at] ?? 0) + 1, 0x7f, 0xff]) {
      const changed = hello.slice();
      changed[at] = value;
      server.receive(changed, client);
    }
  }
  expect(serverConnection.phase).toBe("connected");
  expect(server.endpoint.stats().connections).toBe(1);
  peer.send(clientConnection, "still here");
  world.runFor(100);
  expect(server.payloads()).toEqual(["still here"]);
});

test("the count of forgeries goes with the connection through a handover (RFC 9147 section 4.5.3)", () => {
  const limits = { maxForgeries: 10 };
  const { server, client: peer, serverConnection } = createConnectedPair({ server: { limits } });
  const cid = [...(serverConnection.readConnectionId ?? [])];
  for (let i = 0; i < 9; i += 1) server.receive(forged(25, 1, cid), peer.socket.address);
  const state = server.endpoint.exportConnection(serverConnection, 0);
  expect(state).toBeDefined();
  if (state === undefined) return;
  const heir = createPair({ server: { limits } }).server;
  const moved = heir.endpoint.importConnection(state, 0);
  expect(moved.phase).toBe("connected");
  heir.receive(forged(25, 1, cid), peer.socket.address);
  expect(heir.closeReasons()).toEqual([{ kind: "limit-reached", limit: "forgeries" }]);
});

test("a clock that jumps by a year, or back, ends no connection and throws nothing", () => {
  const { world, server, client: peer, clientConnection, serverConnection } = createConnectedPair();
  const { now } = world;
  for (const jump of [365 * 86_400_000, -1000, 0, 5]) {
    server.endpoint.handleTimeout(now + jump);
    peer.endpoint.handleTimeout(now + jump);
    peer.endpoint.send(clientConnection, Uint8Array.of(65), now + jump);
    server.endpoint.send(serverConnection, Uint8Array.of(66), now + jump);
  }
  world.runUntilIdle();
  expect([server.payloads(), peer.payloads()]).toEqual([
    ["A", "A", "A", "A"],
    ["B", "B", "B", "B"],
  ]);
});

test("a clock that jumps in a handshake ends it at most: the next one completes", () => {
  const { world, server, client: peer } = createPair();
  server.pskFor = () => "later";
  const first = peer.connect(server);
  world.runUntil(() => server.events.length === 1);
  server.endpoint.handleTimeout(world.now - 10_000);
  server.endpoint.handleTimeout(world.now + 365 * 86_400_000);
  expect(server.endpoint.stats().handshakes).toBe(0);
  server.pskFor = () => psk;
  const second = peer.connect(server);
  world.runUntil(() => second.phase === "connected", 60_000);
  expect(first.phase).toBe("closed");
});
