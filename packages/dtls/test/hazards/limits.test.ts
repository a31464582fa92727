import type { World } from "@dtls-cluster/testkit";
import { describe, expect, test } from "vitest";
import {
  type ConnectOptions,
  createEndpoint,
  DtlsUsageError,
  type EndpointOptions,
} from "../../src/index.ts";
import { createConnectedPair, createPair, crypto, Peer, psk, text, utf8 } from "../peer.ts";

test("the sequence-number limit closes the connection on the side that reached it", () => {
  const { world, client, server, clientConnection } = createConnectedPair({
    client: { limits: { maxSequence: 4 } },
  });
  // Finished was the first record.
  for (let i = 0; i < 3; i += 1) expect(client.send(clientConnection, `${i}`)).toBe(true);
  expect(client.send(clientConnection, "one too many")).toBe(false);
  world.runUntilIdle();
  expect(client.closeReasons()).toEqual([{ kind: "limit-reached", limit: "sequence-number" }]);
  expect(server.payloads()).toEqual(["0", "1", "2"]);
});

test("the forgery limit closes the connection and tells the peer", () => {
  const { world, client, server, clientConnection } = createConnectedPair({
    server: { limits: { maxForgeries: 10 } },
  });
  client.send(clientConnection, "genuine");
  world.runUntilIdle();
  const forged = client.sent.at(-1)?.datagram.slice() ?? new Uint8Array();
  for (let i = 1; i <= 10; i += 1) {
    forged[10] = 50 + i;
    expect(server.receive(forged, client.socket.address)).toBe("not-authentic");
  }
  expect(server.closeReasons()).toEqual([{ kind: "limit-reached", limit: "forgeries" }]);
  world.runUntilIdle();
  expect(client.closeReasons()).toEqual([{ kind: "close-notify-received" }]);
});

test("at the limit of handshakes new ones are dropped, and later ones succeed", () => {
  const { world, client, server } = createPair({
    server: { limits: { maxHandshakes: 1, handshakeLifetimeMs: 2500 } },
  });
  server.pskFor = () => "later";
  client.connect(server);
  world.runUntil(() => server.events.length === 1);
  const other = new Peer(world, "10.0.0.3", 1, { connectionId: { length: 0 } });
  const connection = other.connect(server);
  world.runFor(500);
  expect(server.endpoint.stats().datagrams.dropped["too-many-handshakes"]).toBe(1);
  server.pskFor = () => utf8("a pre-shared key");
  world.runUntil(() => connection.phase === "connected", 20_000);
  expect(server.closeReasons()).toContainEqual({ kind: "handshake-timeout" });
});

test("at the limit of connections new handshakes are dropped", () => {
  const { world, server } = createConnectedPair({ server: { limits: { maxConnections: 1 } } });
  const other = new Peer(world, "10.0.0.3", 1, { connectionId: { length: 0 } });
  const connection = other.connect(server);
  world.runFor(70_000);
  expect(connection.phase).toBe("closed");
  expect(server.endpoint.stats().datagrams.dropped["too-many-connections"]).toBeGreaterThan(0);
  expect(server.endpoint.stats().connections).toBe(1);
});

function named(world: World, address: string, identity: string): [Peer, ConnectOptions] {
  const peer = new Peer(world, address, 1, { connectionId: { length: 0 } });
  return [peer, { pskIdentity: utf8(identity), psk }];
}

test("at the limit of connections a new one takes the place of the one that is idle the longest", () => {
  const { world, client, server, clientConnection } = createConnectedPair({
    server: { limits: { maxConnections: 2, replaceIdleAfterMs: 10_000 } },
  });
  const [second, options] = named(world, "10.0.0.3", "device-2");
  const idle = second.connect(server, options);
  world.runUntil(() => idle.phase === "connected");
  world.runFor(9_000);
  client.send(clientConnection, "in use");
  world.runFor(1_000);
  const [third, more] = named(world, "10.0.0.4", "device-3");
  const connection = third.connect(server, more);
  world.runUntil(() => connection.phase === "connected");
  world.runFor(100);
  expect(idle.phase).toBe("closed");
  expect(clientConnection.phase).toBe("connected");
  expect(server.closeReasons()).toEqual([{ kind: "evicted" }]);
  expect(server.endpoint.stats()).toMatchObject({ connections: 2, connectionsEvicted: 1 });
});

test("connections in use keep their places, and an incomplete handshake takes none", () => {
  const { world, client, server, clientConnection } = createConnectedPair({
    server: { limits: { maxConnections: 1, replaceIdleAfterMs: 10_000 } },
  });
  server.pskFor = () => "later";
  const [other, options] = named(world, "10.0.0.3", "device-2");
  other.connect(server, options);
  world.runFor(3_000);
  expect(server.endpoint.stats().datagrams.dropped["too-many-connections"]).toBeGreaterThan(0);
  world.runUntil(() => server.endpoint.stats().handshakes === 1, 100_000);
  world.runFor(100_000);
  expect(server.endpoint.stats()).toMatchObject({ connections: 1, connectionsEvicted: 0 });
  expect(client.send(clientConnection, "still here")).toBe(true);
});

test("a handshake that ends when all places are taken again is given up", () => {
  const { world, client, server } = createConnectedPair({
    server: { limits: { maxConnections: 1, replaceIdleAfterMs: 1_000 } },
  });
  world.runFor(2_000);
  server.pskFor = (identity) => (text(identity) === "device-2" ? "later" : psk);
  const [slow, options] = named(world, "10.0.0.3", "device-2");
  slow.connect(server, options);
  world.runFor(100);
  const waiting = server.events.find(
    (event) => event.type === "psk-needed" && text(event.identity) === "device-2",
  );
  const connection = client.connected()[0];
  if (connection === undefined || waiting?.type !== "psk-needed") throw new Error("no handshake");
  client.send(connection, "in use");
  world.runFor(100);
  server.endpoint.providePsk(waiting.connection, psk, world.now);
  world.runFor(100);
  expect(server.closeReasons()).toEqual([{ kind: "evicted" }]);
  expect(connection.phase).toBe("connected");
  expect(server.endpoint.stats()).toMatchObject({ connections: 1, connectionsEvicted: 0 });
});

test("one identity has so many connections and no more, others are not touched", () => {
  const { world, server, clientConnection } = createConnectedPair({
    server: { limits: { maxConnectionsPerIdentity: 2 } },
  });
  const own = [3, 4, 5].map((host) => {
    const [peer, options] = named(world, `10.0.0.${host}`, "device-2");
    const connection = peer.connect(server, options);
    world.runUntil(() => connection.phase === "connected");
    return connection;
  });
  world.runFor(100);
  expect(own.map(({ phase }) => phase)).toEqual(["closed", "connected", "connected"]);
  expect(clientConnection.phase).toBe("connected");
});

test("hellos beyond the rate are dropped without state, and their clients connect later", () => {
  const { world, server } = createPair({ server: { limits: { maxHandshakesPerSecond: 2 } } });
  const connections = [3, 4, 5, 6].map((host) => {
    const [peer, options] = named(world, `10.0.0.${host}`, `device-${host}`);
    return peer.connect(server, options);
  });
  world.runFor(200);
  expect(server.endpoint.stats()).toMatchObject({ connections: 2, handshakes: 0 });
  expect(server.endpoint.stats().datagrams.dropped["handshake-rate"]).toBe(2);
  world.runUntil(() => connections.every(({ phase }) => phase === "connected"), 20_000);
});

test("forgeries that were counted before a handover count after it", () => {
  const limits = { limits: { maxForgeries: 10 } };
  const { world, client, server, clientConnection, serverConnection } = createConnectedPair({
    server: limits,
  });
  client.send(clientConnection, "genuine");
  world.runUntilIdle();
  const forged = client.sent.at(-1)?.datagram.slice() ?? new Uint8Array();
  const forge = (peer: Peer, i: number): void => {
    forged[10] = 50 + i;
    expect(peer.receive(forged, client.socket.address)).toBe("not-authentic");
  };
  for (let i = 1; i <= 6; i += 1) forge(server, i);
  const state = server.endpoint.exportConnection(serverConnection, world.now);
  if (state === undefined) throw new Error("nothing exported");
  const heir = new Peer(world, "10.0.0.9", 5684, {
    role: "server",
    connectionId: { length: 6 },
    ...limits,
  });
  heir.endpoint.importConnection(state, world.now);
  for (let i = 7; i <= 9; i += 1) forge(heir, i);
  expect(heir.closeReasons()).toEqual([]);
  forge(heir, 10);
  expect(heir.closeReasons()).toEqual([{ kind: "limit-reached", limit: "forgeries" }]);
});

test("when no CID is left the handshake fails and others go on", () => {
  const { world, client, server } = createPair({
    server: { connectionId: { length: 1, fill: (target) => target.fill(9) } },
  });
  const first = client.connect(server);
  world.runUntil(() => first.phase === "connected");
  const other = new Peer(world, "10.0.0.3", 1, { connectionId: { length: 0 } });
  const second = other.connect(server);
  world.runFor(100_000);
  expect(second.phase).toBe("closed");
  expect(server.endpoint.stats()).toMatchObject({ connections: 1, handshakes: 0 });
});

test("1000 handshakes that fail leave nothing behind, and a good client still connects", () => {
  const { world, client, server } = createPair({
    server: { limits: { maxHandshakes: 20, handshakeLifetimeMs: 2000 } },
    client: { maxRetransmissions: 0 },
  });
  for (let round = 0; round < 100; round += 1) {
    server.pskFor = () => (round % 2 === 0 ? undefined : utf8("another key"));
    for (let i = 0; i < 10; i += 1) {
      client.connect(server);
      world.runFor(10);
    }
    world.runFor(300);
  }
  world.runUntilIdle();
  const stats = server.endpoint.stats();
  expect(stats).toMatchObject({ connections: 0, handshakes: 0, handshakesCompleted: 0 });
  expect(stats.handshakesFailed).toBe(stats.handshakesStarted);
  expect(stats.handshakesStarted).toBe(1000);
  server.pskFor = () => utf8("a pre-shared key");
  const connection = client.connect(server);
  world.runUntil(() => connection.phase === "connected");
});

const wrongOptions: readonly [option: string, options: Record<string, unknown>][] = [
  ["role", { role: "peer" }],
  ["cipherSuites", { cipherSuites: ["TLS_NULL"] }],
  ["cipherSuites", { cipherSuites: [] }],
  ["connectionId.length", { connectionId: { length: 33 } }],
  ["extendedMasterSecret", { extendedMasterSecret: "maybe" }],
  ["cookieSecret", { cookieSecret: new Uint8Array(15) }],
  ["retransmissionTimeoutMs", { retransmissionTimeoutMs: 0 }],
  ["maxRetransmissionTimeoutMs", { maxRetransmissionTimeoutMs: 10 }],
  ["maxRetransmissions", { maxRetransmissions: -1 }],
  ["mtu", { mtu: 255 }],
  ["limits.maxConnections", { limits: { maxConnections: 0 } }],
  ["limits.replaceIdleAfterMs", { limits: { replaceIdleAfterMs: 0 } }],
  ["limits.maxConnectionsPerIdentity", { limits: { maxConnectionsPerIdentity: 0 } }],
  ["limits.maxHandshakesPerSecond", { limits: { maxHandshakesPerSecond: 0 } }],
  ["limits.handshakeLifetimeMs", { limits: { handshakeLifetimeMs: 0.5 } }],
  ["wallClockOffset", { wallClockOffset: Number.NaN }],
];

describe("options", () => {
  const sink = { transmit: () => {}, data: () => {}, event: () => {} };
  const entropy = { fill: (target: Uint8Array) => void target.fill(1) };

  test.each(wrongOptions)("a wrong %s is refused by name", (option, options) => {
    const all = { crypto, entropy, ...options } as EndpointOptions;
    expect(() => createEndpoint(all, sink)).toThrow(DtlsUsageError);
    expect(() => createEndpoint(all, sink)).toThrow(`${option} is`);
  });

  test("connect needs the role, a key and an identity of a possible length", () => {
    const server = createEndpoint({ crypto, entropy, role: "server" }, sink);
    const client = createEndpoint({ crypto, entropy }, sink);
    const path = { address: "10.0.0.1", port: 5684, via: undefined };
    const key = { pskIdentity: utf8("id"), psk: utf8("key") };
    expect(() => server.connect(path, key, 0)).toThrow("role is server");
    expect(() => client.connect(path, { ...key, psk: utf8("") }, 0)).toThrow("psk has 0 bytes");
    const pskIdentity = new Uint8Array(129);
    expect(() => client.connect(path, { ...key, pskIdentity }, 0)).toThrow("has 129 bytes");
    expect(client.nextTimeout()).toBe(undefined);
  });
});
