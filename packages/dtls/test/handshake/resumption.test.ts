import { describe, expect, test } from "vitest";
import type { Connection, ConnectOptions } from "../../src/index.ts";
import { connected } from "../certificates.ts";
import { createPair, credentials, type Pair, type PairOptions, Peer, psk, utf8 } from "../peer.ts";

const ticketSecret = utf8("the cluster's ticket secret");
const tickets: PairOptions = { server: { resumption: { ticketSecret } } };
const ids: PairOptions = { server: { resumption: { maxSessions: 100 } } };
const saving = { ...credentials, savesSession: true };

/** The last session that the client was told. */
function sessionOf(client: Peer): Uint8Array {
  const told = client.events.flatMap((event) => (event.type === "session" ? [event.session] : []));
  const last = told.at(-1);
  if (last === undefined) throw new Error("no session was told");
  return last;
}

function complete(pair: Pair, options: ConnectOptions, server = pair.server): Connection {
  const connection = pair.client.connect(server, options);
  pair.world.runUntil(() => connection.phase !== "handshaking", 120_000);
  return connection;
}

/** Whether data goes both ways. */
function isAlive({ world, client }: Pair, connection: Connection, server: Peer): boolean {
  world.runUntilIdle();
  const other = server.connected().at(-1);
  if (other === undefined) return false;
  client.send(connection, "to the server");
  server.send(other, "to the client");
  world.runUntilIdle();
  return (
    server.payloads().at(-1) === "to the server" && client.payloads().at(-1) === "to the client"
  );
}

function saved(options: PairOptions, connect: ConnectOptions = saving) {
  const pair = createPair(options);
  const first = complete(pair, connect);
  pair.world.runUntilIdle();
  return { ...pair, first, session: sessionOf(pair.client) };
}

describe.each([
  ["a ticket (RFC 5077 section 3.1)", tickets],
  ["a session id (RFC 5246 section 7.3)", ids],
])("%s", (_name, options) => {
  test("resumes: no key is asked for, fewer messages, fresh keys and Connection IDs", () => {
    const pair = saved(options);
    const { client, server, first, session } = pair;
    const firstCid = first.writeConnectionId;
    const before = server.events.length;
    const second = complete(pair, { ...credentials, session });
    expect(second).toMatchObject({
      phase: "connected",
      isResumed: true,
      pskIdentity: credentials.pskIdentity,
    });
    expect(first.isResumed).toBe(false);
    pair.world.runUntilIdle();
    const asked = server.events.slice(before).map(({ type }) => type);
    expect(asked).not.toContain("psk-needed");
    expect(server.connected().at(-1)).toMatchObject({
      isResumed: true,
      pskIdentity: credentials.pskIdentity,
    });
    // RFC 9146 section 3: CIDs belong to the hellos.
    expect(second.writeConnectionId).toHaveLength(6);
    expect(second.writeConnectionId).not.toEqual(firstCid);
    expect(isAlive(pair, second, server)).toBe(true);
    for (const peer of [client, server]) {
      expect(peer.endpoint.stats()).toMatchObject({ handshakesCompleted: 2, handshakesResumed: 1 });
    }
  });

  test("resumes time and again with what was saved once", () => {
    const pair = saved(options);
    for (let round = 0; round < 3; round += 1) {
      const next = complete(pair, { ...credentials, session: pair.session });
      expect(next.isResumed).toBe(true);
      expect(isAlive(pair, next, pair.server)).toBe(true);
    }
  });

  test("a session that is too old falls back to a full handshake", () => {
    const pair = saved({
      ...options,
      server: { resumption: { ...options.server?.resumption, lifetimeSeconds: 10 } },
    });
    pair.world.runFor(11_000);
    const next = complete(pair, { ...credentials, session: pair.session });
    expect(next).toMatchObject({ phase: "connected", isResumed: false });
  });

  test("another server falls back to a full handshake", () => {
    const pair = saved(options);
    const other = new Peer(pair.world, "10.0.0.9", 5684, { role: "server" });
    const next = complete(pair, { ...credentials, session: pair.session }, other);
    expect(next).toMatchObject({ phase: "connected", isResumed: false });
  });

  test("a suite that the server does not accept any more means a full handshake", () => {
    const pair = saved(options, saving);
    const cipherSuites = ["TLS_PSK_WITH_AES_128_CCM_8"];
    const strict = new Peer(pair.world, "10.0.0.9", 5684, {
      role: "server",
      cipherSuites,
      resumption: { ticketSecret },
    });
    const next = complete(pair, { ...credentials, session: pair.session }, strict);
    expect(next).toMatchObject({ phase: "connected", isResumed: false, cipherSuite: 0xc0a8 });
  });

  test("a session without extended master secret is not saved (RFC 7627 section 5.3)", () => {
    const pair = createPair({ ...options, client: { extendedMasterSecret: "disabled" } });
    complete(pair, saving);
    pair.world.runUntilIdle();
    expect(pair.client.events.map(({ type }) => type)).not.toContain("session");
  });

  test("record sizes are agreed anew (RFC 8449 section 4)", () => {
    const pair = saved(options);
    const small = new Peer(pair.world, "10.0.0.3", 40_001, {
      role: "client",
      recordSizeLimit: 100,
      connectionId: { length: 0 },
    });
    const next = small.connect(pair.server, { ...credentials, session: pair.session });
    pair.world.runUntil(() => next.phase === "connected");
    pair.world.runUntilIdle();
    expect(next.isResumed).toBe(true);
    expect(pair.server.connected().at(-1)?.maxPayload).toBe(100);
  });
});

test("any node with the cluster's secret resumes by ticket", () => {
  const pair = saved(tickets);
  const other = new Peer(pair.world, "10.0.0.9", 5684, {
    role: "server",
    connectionId: { length: 6 },
    resumption: { ticketSecret },
  });
  const next = complete(pair, { ...credentials, session: pair.session }, other);
  expect(next.isResumed).toBe(true);
  expect(isAlive(pair, next, other)).toBe(true);
});

describe("a ticket that is not the server's leads to a full handshake in silence (RFC 5077 section 3.2)", () => {
  /** In the encoded session the ticket stands before the six bytes of its end of life. */
  const bend = (session: Uint8Array, at: number): Uint8Array => {
    const bent = session.slice();
    bent[bent.length - 6 - at] = (bent[bent.length - 6 - at] ?? 0) ^ 1;
    return bent;
  };
  test.each([
    ["forged at its end", (session: Uint8Array) => bend(session, 1)],
    ["forged inside", (session: Uint8Array) => bend(session, 40)],
  ])("%s", (_name, change) => {
    const pair = saved(tickets);
    const next = complete(pair, { ...credentials, session: change(pair.session) });
    expect(next).toMatchObject({ phase: "connected", isResumed: false });
    expect(isAlive(pair, next, pair.server)).toBe(true);
  });

  test("under another secret", () => {
    const pair = saved(tickets);
    const other = new Peer(pair.world, "10.0.0.9", 5684, {
      role: "server",
      resumption: { ticketSecret: utf8("another ticket secret") },
    });
    const next = complete(pair, { ...credentials, session: pair.session }, other);
    expect(next).toMatchObject({ phase: "connected", isResumed: false });
  });

  test("saved by the client in a form that it does not know", () => {
    const pair = saved(tickets);
    for (const session of [new Uint8Array(0), pair.session.slice(0, -1), new Uint8Array(300)]) {
      expect(complete(pair, { ...credentials, session }).isResumed).toBe(false);
    }
  });
});

test("keys change with time: a ticket of the epoch before is taken, until its life is over", () => {
  const lifetimeSeconds = 100;
  // Half of an epoch is over at the beginning.
  const start = createPair().world.now;
  const wallClockOffset = 50_000 - start;
  const server = { resumption: { ticketSecret, lifetimeSeconds }, wallClockOffset };
  const pair = saved({ server });
  pair.world.runFor(start + 70_000 - pair.world.now);
  expect(complete(pair, { ...credentials, session: pair.session }).isResumed).toBe(true);
  pair.world.runFor(start + 101_000 - pair.world.now);
  expect(complete(pair, { ...credentials, session: pair.session }).isResumed).toBe(false);
});

test("a client whose identity changed does not offer the session", () => {
  const pair = saved(tickets);
  const options = { psk, pskIdentity: utf8("device-2"), session: pair.session };
  const next = complete(pair, options);
  expect(next).toMatchObject({ phase: "connected", isResumed: false });
});

test("the oldest of the remembered sessions gives its place away", () => {
  const pair = saved({ server: { resumption: { maxSessions: 1 } } });
  complete(pair, saving);
  expect(complete(pair, { ...credentials, session: pair.session }).isResumed).toBe(false);
});

test("a fatal alert ends the session, too (RFC 5246 section 7.2.2)", () => {
  const pair = saved({ server: { ...ids.server, limits: { maxSequence: 3 } } });
  const [connection] = pair.server.connected();
  if (connection === undefined) throw new Error("not connected");
  while (pair.server.send(connection, "more"));
  pair.world.runUntilIdle();
  expect(complete(pair, { ...credentials, session: pair.session }).isResumed).toBe(false);
});

describe("certificates", () => {
  const withKeys = {
    server: [{ type: "raw-public-key" }],
    client: [{ type: "raw-public-key" }],
    connect: {
      savesSession: true,
      serverCertificateTypes: ["raw-public-key"],
      serverName: "node.example",
    },
    options: {
      server: {
        resumption: { ticketSecret },
        clientAuthentication: "required",
        clientCertificateTypes: ["raw-public-key"],
      },
    },
  } as const;

  test("are judged again on both sides, and not shown again", () => {
    const pair = connected(withKeys);
    const next = complete(pair, {
      ...withKeys.connect,
      credentials: pair.clientCredentials,
      session: sessionOf(pair.client),
    });
    pair.world.runUntilIdle();
    expect(next.isResumed).toBe(true);
    expect(next.peerCertificate?.chain).toEqual(pair.serverCredentials[0]?.chain);
    expect(pair.server.connected().at(-1)?.peerCertificate?.chain).toEqual(
      pair.clientCredentials[0]?.chain,
    );
    for (const { events } of [pair.client, pair.server]) {
      expect(events.filter(({ type }) => type === "peer-certificate")).toHaveLength(2);
    }
    expect(pair.client.events.filter(({ type }) => type === "signature-needed")).toHaveLength(1);
    expect(isAlive(pair, next, pair.server)).toBe(true);
  });

  test.each(["server", "client"] as const)("that expired are refused by the %s", (judge) => {
    const pair = connected(withKeys);
    pair[judge].verdictOn = () => ({ code: "DTLS_CERTIFICATE_EXPIRED", reason: "over" });
    const next = complete(pair, {
      ...withKeys.connect,
      credentials: pair.clientCredentials,
      session: sessionOf(pair.client),
    });
    pair.world.runFor(120_000);
    expect(pair[judge].closeReasons().at(-1)).toMatchObject({
      kind: "failed",
      error: { code: "DTLS_CERTIFICATE_EXPIRED" },
    });
    expect(next.phase).toBe("closed");
  });

  test.each([
    ["another name (RFC 6066 section 3)", { serverName: "other.example" }],
    ["no name", { serverName: undefined }],
  ])("a hello with %s gets a full handshake", (_name, { serverName }) => {
    const pair = connected(withKeys);
    const { serverName: _left, ...connect } = withKeys.connect;
    const next = complete(pair, {
      ...connect,
      ...(serverName === undefined ? {} : { serverName }),
      credentials: pair.clientCredentials,
      session: sessionOf(pair.client),
    });
    expect(next).toMatchObject({ phase: "connected", isResumed: false });
  });
});

test("a hello that leaves out the extended master secret of its session ends the handshake (RFC 7627 section 5.3)", () => {
  const pair = saved(tickets);
  // The extension becomes one that nobody knows; the cookie does not cover extensions.
  pair.world.network.addFilter((datagram, from) => {
    if (from.address !== "10.0.0.2" || datagram[13] !== 1) return "pass";
    const at = datagram.findIndex(
      (_byte, i) => i > 60 && [0, 23, 0, 0].every((byte, k) => datagram[i + k] === byte),
    );
    if (at > 0) datagram[at] = 0xfa;
    return "pass";
  });
  const next = pair.client.connect(pair.server, { ...credentials, session: pair.session });
  pair.world.runFor(120_000);
  expect(next.phase).toBe("closed");
  expect(pair.client.closeReasons().at(-1)).toMatchObject({
    error: { code: "DTLS_ALERT_RECEIVED", alert: 40 },
  });
});
