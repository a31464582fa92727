import { describe, expect, test } from "vitest";
import { type Connection, type ConnectionState, DtlsUsageError } from "../../src/index.ts";
import {
  createConnectedPair,
  createPair,
  outcomesBalance,
  type Pair,
  Peer,
  utf8,
} from "../peer.ts";

interface Move extends Pair {
  readonly clientConnection: Connection;
  readonly serverConnection: Connection;
  readonly state: ConnectionState;
  readonly heir: Peer;
}

/** A connected pair whose server's connection was moved out, and another server to take it over. */
function moved(connectionId: { length: number } | undefined = { length: 6 }): Move {
  const pair = createConnectedPair({ server: { connectionId } });
  pair.client.send(pair.clientConnection, "before");
  pair.world.runUntilIdle();
  const state = pair.server.endpoint.exportConnection(pair.serverConnection, pair.world.now);
  if (state === undefined) throw new Error("nothing was exported");
  const heir = new Peer(pair.world, "10.0.0.9", 5684, { connectionId, role: "server" });
  return { ...pair, state, heir };
}

describe.each([{ length: 6 }, undefined])("server CID %o", (connectionId) => {
  test("the heir goes on where the source stopped, in both directions", () => {
    const { world, client, clientConnection, server, state, heir } = moved(connectionId);
    const taken = heir.endpoint.importConnection(state, world.now);
    server.socket.close();
    heir.socket.move(server.socket.address);
    client.send(clientConnection, "after");
    heir.endpoint.send(taken, utf8("answer"), world.now);
    world.runUntilIdle();
    expect(heir.payloads()).toEqual(["after"]);
    expect(client.payloads()).toEqual(["answer"]);
    expect(taken.phase).toBe("connected");
    expect(taken.pskIdentity).toEqual(clientConnection.pskIdentity);
    expect(outcomesBalance(heir)).toBe(true);
    world.assertClean();
  });
});

test("after the export the source neither seals nor opens", () => {
  const { world, client, server, clientConnection, serverConnection } = moved();
  const sent = server.sent.length;
  expect(serverConnection.phase).toBe("exported");
  expect(server.endpoint.send(serverConnection, utf8("no"), world.now)).toBe(false);
  server.endpoint.close(serverConnection, world.now);
  client.send(clientConnection, "for the heir");
  world.runUntilIdle();
  expect(server.sent).toHaveLength(sent);
  expect(server.payloads()).toEqual(["before"]);
  expect(server.outcomes.at(-1)).toBe("unknown-connection-id");
  expect(server.closeReasons()).toEqual([{ kind: "exported" }]);
  expect(server.endpoint.exportConnection(serverConnection, world.now)).toBe(undefined);
  expect(server.endpoint.stats().connections).toBe(0);
});

test("a record that the source delivered is a replay for the heir", () => {
  const { world, client, state, heir } = moved();
  const delivered = client.sent.at(-1)?.datagram ?? new Uint8Array();
  heir.endpoint.importConnection(state, world.now);
  expect(heir.receive(delivered, client.socket.address)).toBe("replayed");
  expect(heir.payloads()).toEqual([]);
});

test("a snapshot leaves the connection going, and says when it is out of date", () => {
  const { world, client, server, clientConnection, serverConnection } = createConnectedPair();
  expect(serverConnection.isDirty).toBe(true);
  const first = server.endpoint.snapshot(serverConnection, world.now);
  expect(serverConnection.isDirty).toBe(false);
  client.send(clientConnection, "something");
  world.runUntilIdle();
  expect(serverConnection.isDirty).toBe(true);
  const second = server.endpoint.snapshot(serverConnection, world.now);
  expect(second).toEqual({
    ...first,
    unconfirmedFlight: undefined,
    newestReadSequence: (first?.newestReadSequence ?? 0) + 1,
    replayWindow: second?.replayWindow,
    idleMs: 0,
  });
  server.send(serverConnection, "else");
  expect(serverConnection.isDirty).toBe(true);
});

test("an import with the same CID replaces the older copy", () => {
  const { world, client, server, clientConnection, serverConnection, ...rest } =
    createConnectedPair();
  void rest;
  const heir = new Peer(world, "10.0.0.9", 5684, { connectionId: { length: 6 } });
  const early = server.endpoint.snapshot(serverConnection, world.now);
  if (early === undefined) throw new Error("no snapshot");
  const older = heir.endpoint.importConnection(early, world.now);
  client.send(clientConnection, "meanwhile");
  world.runUntilIdle();
  const late = server.endpoint.exportConnection(serverConnection, world.now);
  if (late === undefined) throw new Error("no export");
  const newer = heir.endpoint.importConnection(late, world.now);
  expect(older.phase).toBe("closed");
  expect(heir.closeReasons()).toEqual([{ kind: "replaced" }]);
  expect([...heir.endpoint.connections()]).toEqual([newer]);
  const delivered = client.sent.at(-1)?.datagram ?? new Uint8Array();
  expect(heir.receive(delivered, client.socket.address)).toBe("replayed");
});

test("a state that is restored twice neither repeats a nonce nor delivers a record again", () => {
  const { world, client, clientConnection, state, heir } = moved();
  const first = heir.endpoint.importConnection(state, world.now);
  heir.endpoint.send(first, utf8("sealed by the first copy"), world.now);
  const drop = world.network.addFilter(() => "drop");
  client.send(clientConnection, "pay 100");
  drop();
  const payment = client.sent.at(-1)?.datagram ?? new Uint8Array();
  const elsewhere = { address: "10.0.0.55", port: 5 };
  expect(heir.receive(payment, elsewhere)).toBe("handled");
  const before = heir.endpoint.snapshot(first, world.now);

  const second = heir.endpoint.importConnection(state, world.now);
  expect(heir.endpoint.snapshot(second, world.now)).toEqual(before);
  expect(heir.receive(payment, elsewhere)).toBe("replayed");
  heir.endpoint.send(second, utf8("sealed by the second copy"), world.now);
  world.runUntilIdle();
  world.assertClean();
  expect(heir.payloads()).toEqual(["pay 100"]);
});

test("the heir repeats the last flight for a client that missed it", () => {
  const { world, client, server } = createPair();
  const heal = world.network.addFilter((_datagram, from) =>
    from.address === "10.0.0.1" && server.sent.length === 3 ? "drop" : "pass",
  );
  const connection = client.connect(server);
  world.runUntil(() => server.connected().length === 1);
  const [source] = server.connected();
  const state = source && server.endpoint.exportConnection(source, world.now);
  if (state === undefined) throw new Error("nothing was exported");
  server.socket.close();
  const options = { connectionId: { length: 6 }, role: "server" } as const;
  const heir = new Peer(world, "10.0.0.9", 5684, options);
  heir.endpoint.importConnection(state, world.now);
  heir.socket.move(server.socket.address);
  heal();
  world.runUntil(() => connection.phase === "connected", 3000);
  client.send(connection, "at last");
  world.runUntilIdle();
  expect(heir.payloads()).toEqual(["at last"]);
  world.assertClean();
});

test("advanceSequences lifts all write sequences, those of later connections too", () => {
  const { world, client, server, serverConnection } = createConnectedPair();
  server.endpoint.advanceSequences(2 ** 32);
  const now = world.now;
  expect(server.endpoint.snapshot(serverConnection, now)?.nextWriteSequence).toBe(2 ** 32);
  server.endpoint.advanceSequences(5);
  expect(server.endpoint.snapshot(serverConnection, now)?.nextWriteSequence).toBe(2 ** 32);
  const second = client.connect(server);
  world.runUntil(() => second.phase === "connected");
  const [, later] = server.connected();
  if (later === undefined) throw new Error("not connected");
  // Finished took the first number.
  expect(server.endpoint.snapshot(later, now)?.nextWriteSequence).toBe(2 ** 32 + 1);
  expect(() => server.endpoint.advanceSequences(-1)).toThrow(DtlsUsageError);
});

test("an imported connection starts at the endpoint's lowest sequence", () => {
  const { world, state, heir } = moved();
  heir.endpoint.advanceSequences(3 * 2 ** 32);
  const taken = heir.endpoint.importConnection(state, world.now);
  expect(heir.endpoint.snapshot(taken, world.now)?.nextWriteSequence).toBe(3 * 2 ** 32);
});

test("an endpoint that is sealed for ever sends nothing and opens nothing", () => {
  const { world, client, server, clientConnection, serverConnection } = createConnectedPair();
  const sent = server.sent.length;
  server.endpoint.sealForEver();
  expect(server.endpoint.send(serverConnection, utf8("no"), world.now)).toBe(false);
  client.send(clientConnection, "too late");
  client.connect(server);
  world.runFor(70_000);
  server.endpoint.close(serverConnection, world.now);
  expect(server.sent).toHaveLength(sent);
  expect(server.payloads()).toEqual([]);
  expect(new Set(server.outcomes.slice(-3))).toEqual(new Set(["sealed-for-ever"]));
  expect(server.endpoint.nextTimeout()).toBe(undefined);
  expect(outcomesBalance(server)).toBe(true);
});

test("a key that comes after the endpoint was sealed for ever completes nothing", () => {
  const { world, client, server } = createPair();
  server.pskFor = () => "later";
  client.connect(server);
  world.runUntil(() => server.events.length === 1);
  world.runFor(5);
  server.endpoint.sealForEver();
  const sent = server.sent.length;
  const [event] = server.events;
  if (event?.type !== "psk-needed") throw new Error("no key was asked for");
  server.endpoint.providePsk(event.connection, utf8("a pre-shared key"), world.now);
  expect(server.sent).toHaveLength(sent);
  expect(server.connected()).toEqual([]);
});

const wrong: readonly [field: string, change: Partial<Record<keyof ConnectionState, unknown>>][] = [
  ["cipherSuite", { cipherSuite: 0x1301 }],
  ["role", { role: "peer" }],
  ["masterSecret", { masterSecret: new Uint8Array(47) }],
  ["clientRandom", { clientRandom: new Uint8Array(0) }],
  ["serverRandom", { serverRandom: "x" }],
  ["sessionId", { sessionId: new Uint8Array(33) }],
  ["clientWriteKey", { clientWriteKey: new Uint8Array(32) }],
  ["serverWriteKey", { serverWriteKey: undefined }],
  ["clientWriteIv", { clientWriteIv: new Uint8Array(12) }],
  ["serverWriteIv", { serverWriteIv: new Uint8Array(3) }],
  ["readConnectionId", { readConnectionId: new Uint8Array(5) }],
  ["writeConnectionId", { writeConnectionId: new Uint8Array(256) }],
  ["peer.address", { peer: { address: "", port: 5 } }],
  ["peer.port", { peer: { address: "10.0.0.2", port: 0 } }],
  ["writeEpoch", { writeEpoch: 2 }],
  ["readEpoch", { readEpoch: 0 }],
  ["nextWriteSequence", { nextWriteSequence: 2 ** 48 + 1 }],
  ["sealedRecords", { sealedRecords: -1 }],
  ["newestReadSequence", { newestReadSequence: 0.5 }],
  ["replayWindow[0]", { replayWindow: [2 ** 32, 0] }],
  ["replayWindow[1]", { replayWindow: [0, -1] }],
  ["forgeries", { forgeries: Number.NaN }],
  ["establishedAt", { establishedAt: Number.POSITIVE_INFINITY }],
  ["idleMs", { idleMs: -1 }],
  ["mtu", { mtu: 100 }],
];

test.each(wrong)(
  "a state with a wrong %s is refused by name and changes nothing",
  (field, change) => {
    const { world, state, heir } = moved();
    const bad = { ...state, ...change } as unknown as ConnectionState;
    expect(() => heir.endpoint.importConnection(bad, world.now)).toThrow(DtlsUsageError);
    expect(() => heir.endpoint.importConnection(bad, world.now)).toThrow(`state.${field} is`);
    expect(heir.endpoint.stats().connections).toBe(0);
  },
);

test("a copy is brought up to a later state of the same session", () => {
  const pair = createConnectedPair({ server: { connectionId: { length: 6 } } });
  const { world, client, clientConnection, server, serverConnection } = pair;
  client.send(clientConnection, "one");
  world.runUntilIdle();
  const first = server.endpoint.snapshot(serverConnection, world.now);
  client.send(clientConnection, "two");
  server.endpoint.send(serverConnection, utf8("answer"), world.now);
  world.runUntilIdle();
  const later = server.endpoint.snapshot(serverConnection, world.now);
  if (first === undefined || later === undefined) throw new Error("nothing was copied");
  const heir = new Peer(world, "10.0.0.9", 5684, { connectionId: { length: 6 }, role: "server" });
  const copy = heir.endpoint.importConnection(first, world.now);
  copy.attachment = "kept";
  expect(heir.endpoint.refreshConnection(copy, later, world.now)).toBe(true);
  const after = heir.endpoint.snapshot(copy, world.now);
  expect(after).toEqual(later);
  expect(copy.attachment).toBe("kept");
  expect(heir.closeReasons()).toEqual([]);
  // An older state takes nothing back.
  expect(heir.endpoint.refreshConnection(copy, first, world.now)).toBe(true);
  expect(heir.endpoint.snapshot(copy, world.now)).toEqual(later);
});

test("a state of another session is not taken for a later one", () => {
  const { world, state, heir } = moved();
  const copy = heir.endpoint.importConnection(state, world.now);
  const other = { ...state, clientRandom: new Uint8Array(32).fill(7) };
  expect(heir.endpoint.refreshConnection(copy, other, world.now)).toBe(false);
  heir.endpoint.exportConnection(copy, world.now);
  expect(heir.endpoint.refreshConnection(copy, state, world.now)).toBe(false);
});
