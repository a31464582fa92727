import { expect, test } from "vitest";
import { createConnectedPair, createPair, credentials, psk, utf8 } from "../peer.ts";

test("the key may come at any later time", () => {
  const { world, client, server } = createPair();
  server.pskFor = () => "later";
  const connection = client.connect(server);
  world.runFor(12_345);
  const [event] = server.events;
  if (event?.type !== "psk-needed") throw new Error("no key was asked for");
  expect(event.identity).toEqual(credentials.pskIdentity);
  expect(connection.phase).toBe("handshaking");
  server.endpoint.providePsk(event.connection, psk, world.now);
  world.runUntil(() => connection.phase === "connected", 20);
  expect(server.events.map(({ type }) => type)).toEqual(["psk-needed", "connected"]);
});

test("a key that comes after the end of its handshake is harmless", () => {
  const { world, client, server } = createPair({
    server: { limits: { handshakeLifetimeMs: 3000 } },
  });
  server.pskFor = () => "later";
  client.connect(server);
  world.runFor(5000);
  const [event] = server.events;
  if (event?.type !== "psk-needed") throw new Error("no key was asked for");
  expect(server.closeReasons()).toEqual([{ kind: "handshake-timeout" }]);
  server.endpoint.providePsk(event.connection, psk, world.now);
  expect(event.connection.phase).toBe("closed");
});

test("a second key for one handshake is the caller's mistake", () => {
  const { world, client, server } = createPair();
  server.pskFor = () => "later";
  client.connect(server);
  world.runUntil(() => server.events.length === 1);
  const [event] = server.events;
  if (event?.type !== "psk-needed") throw new Error("no key was asked for");
  world.network.addFilter(() => "drop");
  server.endpoint.providePsk(event.connection, undefined, world.now);
  expect(() => server.endpoint.providePsk(event.connection, psk, world.now)).toThrow("providePsk");
});

/** Lengths and times of everything that the server sends to a client that is refused. */
function observed(configure: (server: ReturnType<typeof createPair>["server"]) => void): string[] {
  const { world, client, server } = createPair({ world: { seed: 5 } });
  configure(server);
  const seen: string[] = [];
  world.network.addTap((datagram, from) => {
    if (from.address === "10.0.0.1") seen.push(`${world.now} ${datagram.length} ${datagram[0]}`);
  });
  client.connect(server);
  world.runFor(2500);
  // Somebody who probes repeats its hello, too.
  const hello = client.sent[1]?.datagram ?? new Uint8Array();
  server.receive(hello, client.socket.address);
  world.runFor(100_000);
  expect(client.closeReasons()).toEqual([{ kind: "handshake-timeout" }]);
  return seen;
}

test("an unknown identity and a wrong key look the same to the client", () => {
  const unknown = observed((server) => {
    server.pskFor = () => undefined;
  });
  const wrong = observed((server) => {
    server.pskFor = () => utf8("another key");
  });
  expect(unknown).toEqual(wrong);
  expect(unknown.length).toBe(3);
});

test("the owner of the server learns that the identity was refused", () => {
  const { world, client, server } = createPair();
  server.pskFor = () => undefined;
  client.connect(server);
  world.runFor(100_000);
  expect(server.closeReasons()).toMatchObject([
    { kind: "failed", error: { code: "DTLS_UNKNOWN_PSK_IDENTITY" } },
  ]);
});

test("both peers may connect to each other at once, on one socket each", () => {
  const ids = { length: 6 };
  for (const connectionId of [ids, undefined]) {
    const { world, client, server } = createPair({
      isAudited: connectionId !== undefined,
      both: { role: "both" },
      client: { connectionId },
      server: { connectionId },
    });
    const forth = client.connect(server);
    const back = server.connect(client);
    world.runUntil(() => forth.phase === "connected" && back.phase === "connected");
    world.runFor(10);
    expect(client.connected()).toHaveLength(2);
    expect(server.connected()).toHaveLength(2);
    client.send(forth, "forth");
    server.send(back, "back");
    world.runFor(10);
    expect(server.received).toMatchObject([{ payload: "forth", connection: { role: "server" } }]);
    expect(client.received).toMatchObject([{ payload: "back", connection: { role: "server" } }]);
  }
});

test("the key log has the NSS form and decrypts nothing by itself when it is off", () => {
  const lines: string[] = [];
  createConnectedPair({ server: { keyLog: (line) => lines.push(line) } });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$/);
});

test("closing sends close_notify, and the peer answers and forgets", () => {
  const { world, client, server, clientConnection, serverConnection } = createConnectedPair();
  client.endpoint.close(clientConnection, world.now);
  world.runUntilIdle();
  expect(client.closeReasons()).toEqual([{ kind: "closed-locally" }]);
  expect(server.closeReasons()).toEqual([{ kind: "close-notify-received" }]);
  expect(serverConnection.phase).toBe("closed");
  expect(client.send(clientConnection, "late")).toBe(false);
  expect(server.endpoint.stats().connections + client.endpoint.stats().connections).toBe(0);
});
