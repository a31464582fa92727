import { describe, expect, test } from "vitest";
import { cipherSuiteById } from "../../src/crypto/cipher-suites.ts";
import type { SocketAddress } from "../../src/index.ts";
import { RecordSealer } from "../../src/protection/record-sealer.ts";
import { createConnectedPair, crypto, type PairOptions, Peer, utf8 } from "../peer.ts";

const home = { address: "10.0.0.2", port: 40_000 };
const elsewhere = { address: "10.0.0.77", port: 7 };
const attacker = { address: "192.0.2.66", port: 6 };
const router = { address: "10.0.0.99", port: 5884 };
const RRC = 27;

function pair(mode: "basic" | "enhanced", more: PairOptions = {}) {
  const made = createConnectedPair({
    ...more,
    both: { returnRoutability: mode, ...more.both },
  });
  // The first data ends the handshake for good.
  made.client.send(made.clientConnection, "first");
  made.world.runUntilIdle();
  return made;
}

function sentTo(peer: Peer, { address }: SocketAddress): Uint8Array[] {
  return peer.sent.flatMap(({ datagram, path }) => (path.address === address ? [datagram] : []));
}

function bytesTo(peer: Peer, address: SocketAddress): number {
  return sentTo(peer, address).reduce((sum, { length }) => sum + length, 0);
}

/** A record of the client that the network lost, for whoever recorded it. */
function recorded({ world, client, clientConnection }: ReturnType<typeof pair>): Uint8Array {
  const stop = world.network.addFilter(() => "drop");
  client.send(clientConnection, "a question of some length");
  world.runFor(1);
  stop();
  return client.sent.at(-1)?.datagram ?? new Uint8Array();
}

/** A record of the client with any content. */
function sealed(
  { world, client, clientConnection }: ReturnType<typeof pair>,
  content: Uint8Array,
  sequence: number,
): Uint8Array {
  const state = client.endpoint.snapshot(clientConnection, world.now);
  const suite = cipherSuiteById(state?.cipherSuite ?? 0);
  if (state === undefined || suite === undefined) throw new Error("not connected");
  const sealer = new RecordSealer({
    suite,
    key: crypto.aeadKey(suite.aead, state.clientWriteKey),
    iv: state.clientWriteIv,
    epoch: 1,
    connectionId: state.writeConnectionId,
    nextSequence: sequence,
  });
  const datagram = sealer.sealDatagram(RRC, content);
  if (datagram === undefined) throw new Error("nothing sealed");
  return datagram;
}

describe.each(["basic", "enhanced"] as const)("%s", (mode) => {
  test("a peer that moved is asked at its new address, and moves with its answer (RFC 9853 section 5)", () => {
    const made = pair(mode);
    const { world, client, server, clientConnection, serverConnection } = made;
    client.socket.move(elsewhere);
    server.onData = (connection) => void server.send(connection, "answer");
    client.send(clientConnection, "from elsewhere");
    world.runUntil(() => server.payloads().length === 2);
    expect(serverConnection.path.address).toBe(home.address);
    world.runUntil(() => serverConnection.path.address === elsewhere.address, 3_000);
    world.runFor(100);
    expect(server.events.at(-1)).toMatchObject({ type: "path-changed", from: home, to: elsewhere });
    expect(client.payloads()).toContain("answer");
    expect(server.endpoint.stats()).toMatchObject({
      pathChecks: 1,
      pathChecksFailed: 0,
      pathChanges: 1,
    });
    world.runFor(100_000);
    expect(server.endpoint.nextTimeout()).toBe(undefined);
  });

  test("a record from a spoofed address moves nothing and draws three times its bytes at most (RFC 9853 section 5)", () => {
    const made = pair(mode);
    const { world, client, server, serverConnection } = made;
    const copy = recorded(made);
    server.onData = (connection) => {
      for (let i = 0; i < 4; i += 1) server.send(connection, `long ${"answer ".repeat(20)}${i}`);
    };
    client.socket.close();
    expect(server.receive(copy, attacker)).toBe("handled");
    world.runFor(5_000);
    expect(serverConnection.path).toMatchObject(home);
    expect(bytesTo(server, attacker)).toBeGreaterThan(0);
    expect(bytesTo(server, attacker)).toBeLessThanOrEqual(3 * copy.length);
    expect(server.endpoint.stats()).toMatchObject({ pathChecksFailed: 1, pathChanges: 0 });
    // What did not fit waits for the end and goes to the bound address.
    expect(sentTo(server, home).some(({ length }) => length > 140)).toBe(true);
    expect(server.endpoint.nextTimeout()).toBe(undefined);
  });

  test("the check survives the loss of two challenges, each with a cookie of its own (RFC 9853 section 5.3)", () => {
    const { world, client, server, clientConnection, serverConnection } = pair(mode);
    client.socket.move(elsewhere);
    let lost = 0;
    world.network.addFilter((_datagram, from) => {
      if (from.port !== 5684 || lost === 2) return "pass";
      lost += 1;
      return "drop";
    });
    client.send(clientConnection, `from elsewhere, ${"long ".repeat(30)}`);
    world.runUntil(() => serverConnection.path.address === elsewhere.address, 3_000);
    expect(new Set(server.sent.map(({ datagram }) => datagram.join())).size).toBe(
      server.sent.length,
    );
  });

  test("an heir begins a check anew that was under way", () => {
    const made = pair(mode);
    const { world, client, server, clientConnection, serverConnection } = made;
    server.receive(recorded(made), elsewhere);
    const state = server.endpoint.exportConnection(serverConnection, world.now);
    if (state === undefined) throw new Error("nothing exported");
    expect(state.peer).toEqual(home);
    server.socket.close();
    const heir = new Peer(world, "10.0.0.9", 5684, {
      role: "server",
      connectionId: { length: 6 },
      returnRoutability: mode,
    });
    const taken = heir.endpoint.importConnection(state, world.now);
    heir.socket.move({ address: "10.0.0.1", port: 5684 });
    client.socket.move(elsewhere);
    client.send(clientConnection, "again");
    world.runUntil(() => taken.path.address === elsewhere.address, 3_000);
    expect(heir.endpoint.stats()).toMatchObject({ pathChecks: 1, pathChanges: 1 });
  });

  test("challenges leave through the node that saw the new address", () => {
    const made = pair(mode);
    const { world, client, server, serverConnection } = made;
    const copy = recorded(made);
    client.socket.close();
    server.receive(copy, elsewhere, router);
    world.runFor(1_200);
    const challenges = server.sent.filter(({ path }) => path.address === elsewhere.address);
    expect(challenges.length).toBeGreaterThan(0);
    for (const { path } of challenges) expect(path).toEqual({ ...elsewhere, via: router });
    expect(serverConnection.path).toEqual({ ...home, via: undefined });
  });
});

test("enhanced: a copy that overtakes its original moves nobody whose old path works (RFC 9853 section 5.2)", () => {
  const made = pair("enhanced");
  const { world, client, server, serverConnection } = made;
  server.onData = (connection) => void server.send(connection, "answer");
  server.receive(recorded(made), attacker);
  world.runFor(5_000);
  expect(client.payloads()).toEqual(["answer"]);
  expect(bytesTo(server, attacker)).toBe(0);
  expect(serverConnection.path).toMatchObject(home);
  expect(server.endpoint.stats()).toMatchObject({ pathChecksFailed: 1, pathChanges: 0 });
});

test("enhanced: path_drop from the old path brings the new one at once (RFC 9853 section 5.2)", () => {
  let hasLeft = false;
  const made = pair("enhanced", { client: { prefersPath: () => !hasLeft } });
  const { world, client, server, clientConnection, serverConnection } = made;
  client.socket.move(elsewhere);
  world.network.addFilter((datagram, from, to) => {
    if (to.address !== home.address) return "pass";
    hasLeft = true;
    client.receive(datagram, from);
    hasLeft = false;
    return "drop";
  });
  client.send(clientConnection, "from elsewhere");
  world.runUntil(() => serverConnection.path.address === elsewhere.address, 300);
  expect(sentTo(server, home).length).toBeGreaterThan(0);
});

test("a newest record from the bound address ends a check", () => {
  const made = pair("basic");
  const { world, client, server, clientConnection, serverConnection } = made;
  server.receive(recorded(made), attacker);
  client.send(clientConnection, "here I am");
  world.runFor(50);
  const count = server.sent.length;
  world.runFor(5_000);
  expect(server.sent).toHaveLength(count);
  expect(serverConnection.path).toMatchObject(home);
});

test("each challenge has exactly one answer, without delay, where it came from (RFC 9853 section 5.4)", () => {
  const made = pair("basic");
  const { server } = made;
  const before = server.sent.length;
  const message = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8);
  const challenge = sealed(made, message, 1_000);
  expect(server.receive(challenge, elsewhere, router)).toBe("handled");
  expect(server.receive(challenge, elsewhere, router)).toBe("replayed");
  const answers = server.sent.slice(before);
  expect(answers.map(({ path }) => path)).toEqual([{ ...elsewhere, via: router }]);
  expect(answers[0]?.datagram.length).toBeLessThanOrEqual(challenge.length);
  expect(server.endpoint.stats().pathChecks).toBe(0);
});

test("wrong cookies, unknown types and broken messages are dropped (RFC 9853 sections 4 and 5.4)", () => {
  const made = pair("basic");
  const { server, world, serverConnection } = made;
  server.receive(recorded(made), elsewhere);
  const count = server.sent.length;
  const bodies: [Uint8Array, string][] = [
    [Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0), "unexpected"],
    [Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0), "unexpected"],
    [Uint8Array.of(0, 1, 2), "malformed"],
    [new Uint8Array(0), "malformed"],
    [Uint8Array.of(3, 1, 2), "handled"],
  ];
  let sequence = 2_000;
  for (const [body, outcome] of bodies) {
    expect(server.receive(sealed(made, body, sequence++), elsewhere)).toBe(outcome);
  }
  expect(server.sent).toHaveLength(count);
  world.runFor(5_000);
  expect(serverConnection.path).toMatchObject(home);
});

describe("not agreed on (RFC 9853 section 3)", () => {
  const cases: [string, PairOptions][] = [
    ["a client without", { client: { returnRoutability: "off" } }],
    ["a server without", { server: { returnRoutability: "off" } }],
  ];
  test.each(cases)("%s: addresses change as RFC 9146 section 6 says", (_name, options) => {
    const made = pair("basic", options);
    const { world, client, server, clientConnection, serverConnection } = made;
    client.socket.move(elsewhere);
    client.send(clientConnection, "from elsewhere");
    world.runUntil(() => server.payloads().length === 2);
    expect(serverConnection.path).toMatchObject(elsewhere);
    expect(server.endpoint.stats().pathChecks).toBe(0);
    const challenge = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8);
    expect(server.receive(sealed(made, challenge, 1_000), elsewhere)).toBe("unexpected");
  });

  test("nor without Connection ID", () => {
    const made = pair("basic", { server: { connectionId: undefined } });
    expect(made.server.endpoint.snapshot(made.serverConnection, 0)?.checksPath).toBe(undefined);
    expect(made.client.endpoint.snapshot(made.clientConnection, 0)?.checksPath).toBe(undefined);
  });
});

test("a client checks a server that moved", () => {
  const made = pair("basic", { client: { connectionId: { length: 4 } } });
  const { world, server, serverConnection, client, clientConnection } = made;
  server.socket.move({ address: "10.0.0.9", port: 5684 });
  server.send(serverConnection, "from elsewhere");
  world.runUntil(() => clientConnection.path.address === "10.0.0.9", 3_000);
  expect(client.endpoint.stats()).toMatchObject({ pathChecks: 1, pathChanges: 1 });
  client.endpoint.send(clientConnection, utf8("found"), world.now);
  world.runFor(100);
  expect(server.payloads()).toContain("found");
});
