import { describe, expect, test } from "vitest";
import type { Connection, ConnectOptions } from "../../src/index.ts";
import { createPair, credentials, type Pair, Peer, type PeerOptions, utf8 } from "../peer.ts";

// What a client or a server changed between the handshake that made a session and the one that resumes it.
const resumption = { ticketSecret: utf8("the cluster's ticket secret") };

function saved(options: PeerOptions = {}) {
  const pair = createPair({ both: options, server: { resumption } });
  const first = complete(pair, { ...credentials, savesSession: true });
  pair.client.send(first, "first");
  pair.world.runUntilIdle();
  const told = pair.client.events.find((event) => event.type === "session");
  if (told?.type !== "session") throw new Error("no session was told");
  return { ...pair, session: told.session };
}

function complete(pair: Pair, options: ConnectOptions, client = pair.client): Connection {
  const connection = client.connect(pair.server, options);
  pair.world.runUntil(() => connection.phase !== "handshaking", 120_000);
  return connection;
}

function anotherClient({ world }: Pair, options: PeerOptions): Peer {
  return new Peer(world, "10.0.0.3", 40_001, { role: "client", ...options });
}

test("a client that offers no Connection ID any more gets none (RFC 9146 section 3)", () => {
  const pair = saved();
  const client = anotherClient(pair, { connectionId: undefined });
  const next = complete(pair, { ...credentials, session: pair.session }, client);
  expect(next).toMatchObject({ phase: "connected", isResumed: true });
  expect([next.readConnectionId, next.writeConnectionId]).toEqual([undefined, undefined]);
  client.send(next, "without");
  pair.world.runUntilIdle();
  expect(pair.server.payloads().at(-1)).toBe("without");
});

test("a client that offers a Connection ID only now gets one", () => {
  const pair = saved({ connectionId: undefined });
  const server = new Peer(pair.world, "10.0.0.9", 5684, {
    role: "server",
    connectionId: { length: 6 },
    resumption,
  });
  const client = anotherClient(pair, { connectionId: { length: 0 } });
  const next = complete({ ...pair, server }, { ...credentials, session: pair.session }, client);
  expect(next).toMatchObject({ phase: "connected", isResumed: true });
  expect(next.writeConnectionId).toHaveLength(6);
});

test("the length of fragments is agreed anew (RFC 6066 section 4)", () => {
  const pair = saved();
  const client = anotherClient(pair, { maxFragmentLength: 512 });
  const next = complete(pair, { ...credentials, session: pair.session }, client);
  pair.world.runUntilIdle();
  expect(next.isResumed).toBe(true);
  expect(pair.server.connected().at(-1)?.maxPayload).toBeLessThanOrEqual(512);
});

test("a resumed connection checks new addresses, if its own hellos agree to it (RFC 9853 section 3)", () => {
  const pair = saved({ returnRoutability: "basic" });
  const next = complete(pair, { ...credentials, session: pair.session });
  pair.client.send(next, "at home");
  pair.world.runUntilIdle();
  const elsewhere = { address: "10.0.0.77", port: 7 };
  pair.client.socket.move(elsewhere);
  pair.client.send(next, "from elsewhere");
  pair.world.runUntilIdle();
  expect(next.isResumed).toBe(true);
  expect(pair.server.connected().at(-1)?.path).toMatchObject(elsewhere);
  expect(pair.server.endpoint.stats().pathChecks).toBe(1);
});

describe("a ticket that is not whole, in a session that is,", () => {
  test.each([1, 16, 40])("ends in a full handshake: %i bytes missing", (missing) => {
    const pair = saved();
    const { session } = pair;
    // Behind the ticket, with its length before it, comes the session's end, 6 bytes.
    const end = session.length - 6;
    const view = Buffer.from(session);
    let start = -1;
    for (let at = end - 3; at >= 0; at -= 1) {
      if (view.readUInt16BE(at) === end - at - 2) {
        start = at;
        break;
      }
    }
    expect(start).toBeGreaterThan(0);
    const length = end - start - 2 - missing;
    const cut = Buffer.concat([
      view.subarray(0, start),
      Buffer.of(length >> 8, length & 255),
      view.subarray(start + 2, end - missing),
      view.subarray(end),
    ]);
    const next = complete(pair, { ...credentials, session: new Uint8Array(cut) });
    expect(next).toMatchObject({ phase: "connected", isResumed: false });
  });
});
