import { expect, test } from "vitest";
import { createPair } from "../peer.ts";

test("nothing keeps a view of what a caller passes in, Buffers included", () => {
  const { world, client, server } = createPair();
  const key = Buffer.from("a pre-shared key");
  const pskIdentity = Buffer.from("device-1");
  server.pskFor = () => key;
  // A driver that reads every datagram into one and the same Buffer.
  const pool = Buffer.alloc(2048);
  for (const peer of [client, server]) {
    peer.socket.attach({
      receive: (datagram, from, port, via, now) => {
        pool.set(datagram);
        const view = pool.subarray(0, datagram.length);
        peer.receive(view, { address: from, port }, via, now);
        pool.fill(0xdb);
      },
      handleTimeout: (now) => peer.endpoint.handleTimeout(now),
      nextTimeout: () => peer.endpoint.nextTimeout(),
    });
  }
  for (let round = 0; round < 2; round += 1) {
    const identity = Buffer.from(pskIdentity);
    const connection = client.connect(server, { pskIdentity: identity, psk: key });
    identity.fill(0);
    world.runUntil(() => connection.phase === "connected", 900);
    client.send(connection, `round ${round}`);
    world.runFor(10);
  }
  expect(key.toString()).toBe("a pre-shared key");
  expect(server.payloads()).toEqual(["round 0", "round 1"]);
  for (const connection of server.connected()) {
    expect(Buffer.from(connection.pskIdentity).toString()).toBe("device-1");
  }
});
