import { expect, test } from "vitest";
import { createPair, outcomesBalance, Peer } from "../peer.ts";

const maxHandshakes = 50;

test("one host that begins many handshakes and ends none does not keep others out", () => {
  const { world, client, server } = createPair({ server: { limits: { maxHandshakes } } });
  // Its cookies are right, so its address is proven; it just never sends its last flight.
  world.network.addFilter((datagram, from) =>
    from.address === "10.0.0.66" && datagram[13] === 16 ? "drop" : "pass",
  );
  let port = 1000;
  const attack = () => {
    const attacker = new Peer(world, "10.0.0.66", port++, { connectionId: { length: 0 } });
    attacker.connect(server);
  };
  for (let i = 0; i < maxHandshakes; i += 1) attack();
  world.runFor(3000);
  expect(server.endpoint.stats().handshakes).toBe(maxHandshakes);
  const connection = client.connect(server);
  for (let i = 0; i < 200 && connection.phase === "handshaking"; i += 1) {
    attack();
    world.runFor(50);
  }
  expect(connection.phase).toBe("connected");
  expect(server.closeReasons()).toContainEqual({ kind: "evicted" });
  expect(server.endpoint.stats().handshakes).toBeLessThanOrEqual(maxHandshakes);
  expect(outcomesBalance(server)).toBe(true);
});

test("a handshake that has just begun gives way to none", () => {
  const { world, server } = createPair({ server: { limits: { maxHandshakes } } });
  server.pskFor = () => "later";
  for (let i = 0; i < 2 * maxHandshakes; i += 1) {
    const peer = new Peer(world, "10.0.0.66", 1000 + i, { connectionId: { length: 0 } });
    peer.connect(server);
  }
  world.runFor(500);
  expect(server.closeReasons()).toEqual([]);
  expect(server.endpoint.stats().datagrams.dropped["too-many-handshakes"]).toBe(maxHandshakes);
});

test("a fragment that claims a long message makes a server reserve no room for it", () => {
  const { world, client, server } = createPair();
  world.network.addFilter((datagram) => (datagram[13] === 16 ? "drop" : "pass"));
  client.connect(server);
  world.runFor(100);
  expect(server.endpoint.stats().handshakes).toBe(1);
  const claim = (length: number) =>
    Uint8Array.of(
      ...[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 13],
      ...[16, 0, length >> 8, length & 255, 0, 2, 0, 0, 0, 0, 0, 1, 0],
    );
  expect(server.receive(claim(16_384), client.socket.address)).toBe("unexpected");
  expect(server.receive(claim(1025), client.socket.address)).toBe("unexpected");
  expect(server.receive(claim(1024), client.socket.address)).toBe("handled");
});

test("an early record that is no Finished takes no room while a handshake waits for its key", () => {
  const { world, client, server } = createPair();
  server.pskFor = () => "later";
  const connection = client.connect(server);
  world.runUntil(() => server.events.length > 0);
  const flight = client.sent.at(-1)?.datagram ?? new Uint8Array();
  const header = flight.slice(flight.length - 68, flight.length - 49);
  expect([header[0], header[4]]).toEqual([25, 1]);
  const early = (length: number) => {
    const record = new Uint8Array(19 + length);
    record.set(header);
    record.set([length >> 8, length & 255], 17);
    return record;
  };
  expect(server.receive(early(16_000), client.socket.address)).toBe("unexpected");
  expect(server.receive(early(513), client.socket.address)).toBe("unexpected");
  expect(server.receive(early(512), client.socket.address)).toBe("handled");
  expect(connection.phase).toBe("handshaking");
});
