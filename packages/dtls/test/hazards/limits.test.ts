import { describe, expect, test } from "vitest";
import { createEndpoint, DtlsUsageError, type EndpointOptions } from "../../src/index.ts";
import { createConnectedPair, createPair, crypto, Peer, utf8 } from "../peer.ts";

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
