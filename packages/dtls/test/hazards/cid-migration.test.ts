import { expect, test } from "vitest";
import { createConnectedPair, createPair } from "../peer.ts";

const router = { address: "10.0.0.99", port: 5884 };

test("an authentic, newest record moves the connection, and answers go to the new address", () => {
  const { world, client, server, clientConnection, serverConnection } = createConnectedPair();
  client.socket.move({ address: "10.0.0.77", port: 7 });
  client.send(clientConnection, "from elsewhere");
  world.runUntil(() => server.payloads().length === 1);
  expect(server.events.at(-1)).toMatchObject({
    type: "path-changed",
    from: { address: "10.0.0.2", port: 40_000 },
    to: { address: "10.0.0.77", port: 7 },
  });
  server.send(serverConnection, "there you are");
  world.runUntilIdle();
  expect(client.payloads()).toEqual(["there you are"]);
  expect(server.endpoint.stats().pathChanges).toBe(1);
});

test("an older authentic record is delivered but moves nothing", () => {
  const { world, client, server, clientConnection, serverConnection } = createConnectedPair();
  const stop = world.network.addFilter(() => "drop");
  client.send(clientConnection, "older");
  const older = client.sent.at(-1)?.datagram ?? new Uint8Array();
  stop();
  client.send(clientConnection, "newer");
  world.runUntilIdle();
  const outcome = server.receive(older, { address: "192.0.2.66", port: 6 });
  expect(outcome).toBe("handled");
  expect(server.payloads()).toEqual(["newer", "older"]);
  expect(serverConnection.path.address).toBe("10.0.0.2");
});

test("a forged record moves nothing", () => {
  const { client, server, clientConnection, serverConnection } = createConnectedPair();
  client.send(clientConnection, "genuine");
  const forged = client.sent.at(-1)?.datagram.slice() ?? new Uint8Array();
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  expect(server.receive(forged, { address: "192.0.2.66", port: 6 })).toBe("not-authentic");
  expect(serverConnection.path.address).toBe("10.0.0.2");
  expect(server.payloads()).toEqual([]);
});

test("the router of the newest record is part of the path, and a direct record clears it", () => {
  const { world, client, server, clientConnection, serverConnection } = createConnectedPair();
  const drop = world.network.addFilter(() => "drop");
  client.send(clientConnection, "forwarded");
  drop();
  const datagram = client.sent.at(-1)?.datagram ?? new Uint8Array();
  server.receive(datagram, client.socket.address, router);
  expect(serverConnection.path).toEqual({ ...client.socket.address, via: router });
  server.send(serverConnection, "backward");
  expect(server.sent.at(-1)?.path.via).toEqual(router);
  client.send(clientConnection, "direct");
  world.runUntilIdle();
  expect(serverConnection.path).toEqual({ ...client.socket.address, via: undefined });
});

test("a handshake answers by the router that its latest datagram came through", () => {
  const { world, client, server } = createPair();
  let count = 0;
  world.network.addFilter((datagram, from) => {
    if (from.address !== "10.0.0.2") return "pass";
    const router = { address: "10.0.0.99", port: 1000 + count++ };
    server.receive(datagram, from, router);
    for (const answer of server.sent.splice(0)) {
      expect(answer.path).toEqual({ ...client.socket.address, via: router });
      world.clock.after(1, () => client.receive(answer.datagram, server.socket.address));
    }
    return "drop";
  });
  const connection = client.connect(server);
  world.runUntil(() => connection.phase === "connected");
  expect(count).toBe(3);
});

test("without Connection ID an association is bound to its address", () => {
  const { world, client, server, clientConnection, serverConnection } = createConnectedPair({
    server: { connectionId: undefined },
  });
  client.socket.move({ address: "10.0.0.77", port: 7 });
  client.send(clientConnection, "lost");
  world.runUntilIdle();
  expect(server.outcomes.at(-1)).toBe("unknown-peer");
  expect(server.payloads()).toEqual([]);
  expect(serverConnection.path.address).toBe("10.0.0.2");
});

test("the owner may redirect a connection", () => {
  const { world, client, server, clientConnection, serverConnection } = createConnectedPair();
  client.socket.move({ address: "10.0.0.77", port: 7 });
  server.endpoint.redirect(serverConnection, { address: "10.0.0.77", port: 7, via: undefined });
  server.send(serverConnection, "redirected");
  world.runUntilIdle();
  expect(client.payloads()).toEqual(["redirected"]);
  expect(clientConnection.phase).toBe("connected");
});
