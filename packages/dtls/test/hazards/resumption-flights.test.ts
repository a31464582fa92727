import { simulate, testSeeds } from "@dtls-cluster/testkit";
import { describe, expect, test } from "vitest";
import { createPair, credentials, outcomesBalance, type PairOptions, utf8 } from "../peer.ts";

const ticketSecret = utf8("the cluster's ticket secret");
const server = { resumption: { ticketSecret } };

/** A pair whose client has a session to resume; the network is kind until then. */
function prepared(options: PairOptions = {}) {
  const pair = createPair({ ...options, server: { ...server, ...options.server } });
  const { world, client } = pair;
  client.connect(pair.server, { ...credentials, savesSession: true });
  world.runUntil(() => client.events.some(({ type }) => type === "session"), 300_000);
  const [told] = client.events.flatMap((event) => (event.type === "session" ? [event] : []));
  if (told === undefined) throw new Error("no session was told");
  world.runUntilIdle();
  client.endpoint.close(told.connection, world.now);
  world.runUntilIdle();
  return { ...pair, session: told.session };
}

/** A handshake record of epoch 0 whose first message is a NewSessionTicket (RFC 5077 section 3.3). */
function beginsWithTicket(datagram: Uint8Array): boolean {
  return datagram[0] === 22 && datagram[13] === 4;
}

// Hello, cookie, hello, then the server's flight and the client's.
test.each([0, 1, 2, 3, 4])("an abbreviated handshake survives the loss of datagram %i", (lost) => {
  const { world, client, server, session } = prepared();
  let count = 0;
  world.network.addFilter(() => (count++ === lost ? "drop" : "pass"));
  const connection = client.connect(server, { ...credentials, session });
  world.runUntil(() => connection.phase === "connected", 30_000);
  world.runFor(10_000);
  expect(connection.isResumed).toBe(true);
  expect(server.connected()).toHaveLength(2);
  client.send(connection, "data");
  world.runUntil(() => server.payloads().length > 0, 1000);
});

test("the client repeats its last flight when the server repeats its own (RFC 6347 section 4.2.4)", () => {
  const { world, client, server, session } = prepared();
  let lost = 0;
  world.network.addFilter((datagram, from) =>
    from.address === "10.0.0.2" && datagram[0] === 20 && lost++ < 2 ? "drop" : "pass",
  );
  const before = client.endpoint.stats().flightRetransmissions;
  const connection = client.connect(server, { ...credentials, session });
  world.runFor(20_000);
  expect(lost).toBe(3);
  expect(client.endpoint.stats().flightRetransmissions - before).toBe(2);
  expect(server.connected()).toHaveLength(2);
  const [, other] = server.connected();
  if (other !== undefined) server.send(other, "data");
  world.runFor(100);
  // Data of the server shows that it has the client's Finished: nothing is kept for a repetition.
  expect(client.endpoint.nextTimeout()).toBe(undefined);
  expect(connection.phase).toBe("connected");
});

test("a server whose last flight brings a ticket repeats the ticket, too", () => {
  const { world, client, server: host } = createPair({ server });
  let lost = 0;
  world.network.addFilter((datagram) =>
    beginsWithTicket(datagram) && lost++ < 1 ? "drop" : "pass",
  );
  const connection = client.connect(host, { ...credentials, savesSession: true });
  world.runUntil(() => connection.phase === "connected", 30_000);
  expect(lost).toBeGreaterThan(1);
  expect(client.events.map(({ type }) => type)).toContain("session");
});

test("a handed over server repeats the ticket of a flight that got lost", () => {
  const { world, client, server: host } = createPair({ server });
  world.network.addFilter((datagram) => (beginsWithTicket(datagram) ? "drop" : "pass"));
  const connection = client.connect(host, { ...credentials, savesSession: true });
  world.runUntil(() => host.connected().length > 0);
  const [own] = host.connected();
  const state = own && host.endpoint.exportConnection(own, world.now);
  if (state === undefined) throw new Error("nothing to export");
  expect(state.unconfirmedFlight?.newSessionTicket?.length).toBeGreaterThan(100);
  const imported = createPair({ server }).server;
  imported.endpoint.importConnection(state, world.now);
  const repeated = client.sent.length;
  world.runFor(2000);
  for (const { datagram } of client.sent.slice(repeated))
    imported.receive(datagram, client.socket.address);
  for (const { datagram } of imported.sent) client.receive(datagram, host.socket.address);
  expect(connection.phase).toBe("connected");
  expect(client.events.map(({ type }) => type)).toContain("session");
});

test("a resumed connection can be handed over", () => {
  const { world, client, server: host, session } = prepared();
  const connection = client.connect(host, { ...credentials, session });
  world.runUntilIdle();
  const own = host.connected().at(-1);
  const state = own && host.endpoint.exportConnection(own, world.now);
  if (state === undefined) throw new Error("nothing to export");
  const taker = createPair({ server }).server;
  taker.endpoint.importConnection(state, world.now);
  const before = client.sent.length;
  client.send(connection, "after the handover");
  for (const { datagram } of client.sent.slice(before))
    taker.receive(datagram, client.socket.address);
  expect(taker.payloads()).toEqual(["after the handover"]);
});

test("two resumptions of one session share no key (RFC 5246 section 6.3)", () => {
  const { world, client, server: host, session } = prepared();
  const states = [0, 1].map(() => {
    const connection = client.connect(host, { ...credentials, session });
    world.runUntilIdle();
    const state = client.endpoint.exportConnection(connection, world.now);
    if (state === undefined) throw new Error("not connected");
    return state;
  });
  const [one, other] = states;
  expect(one?.masterSecret).toEqual(other?.masterSecret);
  expect(one?.clientWriteKey).not.toEqual(other?.clientWriteKey);
  expect(one?.serverWriteKey).not.toEqual(other?.serverWriteKey);
});

test("a stranger who saw a session id cannot end the session", () => {
  const pair = createPair({ server: { resumption: { maxSessions: 10 } } });
  const { world, client, server: host } = pair;
  const first = client.connect(host, { ...credentials, savesSession: true });
  world.runUntilIdle();
  const [told] = client.events.flatMap((event) => (event.type === "session" ? [event] : []));
  if (told === undefined) throw new Error("no session was told");
  // The stranger has everything but the master secret, which begins at the fourth byte.
  const stolen = told.session.slice();
  stolen.fill(7, 3, 3 + 48);
  const attempt = client.connect(host, { ...credentials, session: stolen });
  world.runFor(120_000);
  expect(attempt.phase).toBe("closed");
  expect(first.phase).toBe("connected");
  const again = client.connect(host, { ...credentials, session: told.session });
  world.runUntilIdle();
  expect(again.isResumed).toBe(true);
});

describe.each(testSeeds(40))("seed %i", (seed) => {
  test("abbreviated handshakes end well over a link that loses, doubles and reorders", () => {
    simulate(
      (world) => {
        const pair = prepared({
          world: {
            seed: world.seed,
            conditions: { loss: 0.25, duplicate: 0.1, jitterMs: 700 },
          },
          both: { maxRetransmissions: 12, maxRetransmissionTimeoutMs: 4000 },
        });
        const { client, session } = pair;
        const connection = client.connect(pair.server, { ...credentials, session });
        pair.world.runUntil(() => connection.phase !== "handshaking", 300_000);
        expect(connection).toMatchObject({ phase: "connected", isResumed: true });
        pair.world.runUntilIdle();
        expect(pair.server.connected().at(-1)).toMatchObject({
          phase: "connected",
          isResumed: true,
        });
        expect(outcomesBalance(pair.server) && outcomesBalance(client)).toBe(true);
        pair.world.assertClean();
      },
      { seed },
    );
  });
});
