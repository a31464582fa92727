import { Random } from "@dtls-cluster/testkit";
import { expect, test } from "vitest";
import { createConnectedPair, createPair, outcomesBalance } from "../peer.ts";

function firstHello(): Uint8Array {
  const { world, client, server } = createPair();
  world.network.addFilter(() => "drop");
  client.connect(server);
  return client.sent[0]?.datagram ?? new Uint8Array();
}

test("hellos from spoofed addresses keep no state and are answered with fewer bytes", () => {
  const { server } = createPair();
  const hello = firstHello();
  const random = new Random(5);
  let bytesIn = 0;
  for (let i = 0; i < 20_000; i += 1) {
    random.fill(hello.subarray(27, 59));
    server.receive(hello, { address: `198.51.100.${i & 0xff}`, port: 1024 + (i >> 8) });
    bytesIn += hello.length;
  }
  const stats = server.endpoint.stats();
  expect(stats.connections + stats.handshakes).toBe(0);
  expect(stats.helloVerifyRequests).toBe(20_000);
  expect(stats.datagrams.answered).toBe(20_000);
  expect(server.endpoint.nextTimeout()).toBe(undefined);
  expect(server.events).toEqual([]);
  const bytesOut = server.sent.reduce((sum, { datagram }) => sum + datagram.length, 0);
  expect(bytesOut).toBeLessThan(bytesIn);
});

test("the shortest possible hello is not shorter than its answer", () => {
  const { server } = createPair();
  const body = new Uint8Array(42);
  body.set([0xfe, 0xfd]);
  body.set([0, 0, 0, 2, 0xc0, 0xa8, 1, 0], 34);
  const hello = new Uint8Array(25 + body.length);
  hello.set([22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 12 + body.length]);
  hello.set([1, 0, 0, body.length, 0, 3, 0, 0, 0, 0, 0, body.length], 13);
  hello.set(body, 25);
  expect(server.receive(hello, { address: "198.51.100.1", port: 9 })).toBe("answered");
  const answer = server.sent[0]?.datagram ?? new Uint8Array();
  expect(answer.length).toBeLessThanOrEqual(hello.length);
  // It carries the question's record and message sequence numbers (RFC 6347 section 4.2.2).
  expect([answer[10], answer[13], answer[18]]).toEqual([9, 3, 3]);
});

test("several hellos in one datagram are not answered one by one", () => {
  const { server } = createPair();
  const hello = firstHello();
  const twoRecords = Uint8Array.of(...hello, ...hello);
  const twoMessages = Uint8Array.of(...hello, ...hello.subarray(13));
  const length = twoMessages.length - 13;
  twoMessages.set([length >> 8, length & 0xff], 11);
  for (const datagram of [twoRecords, twoMessages]) {
    expect(server.receive(datagram, { address: "198.51.100.1", port: 9 })).toBe("unexpected");
  }
  expect(server.sent).toEqual([]);
});

test("a cookie is of no use at another address, port or with another hello", () => {
  const { client, server } = createConnectedPair();
  const hello = client.sent[1]?.datagram ?? new Uint8Array();
  expect(server.receive(hello, { address: "10.0.0.3", port: 40_000 })).toBe("answered");
  expect(server.receive(hello, { address: "10.0.0.2", port: 40_001 })).toBe("answered");
  const other = hello.slice();
  other[30] = (other[30] ?? 0) ^ 1;
  expect(server.receive(other, client.socket.address)).toBe("answered");
  expect(server.endpoint.stats().handshakesStarted).toBe(1);
});

test("a cookie is accepted by every node with the secret, while clocks are near, and not for ever", () => {
  const cookieSecret = new Uint8Array(16).fill(7);
  const accepts = (clockDifference: number): boolean => {
    const first = createPair({ server: { cookieSecret, wallClockOffset: 1e12 } });
    const second = createPair({
      server: { cookieSecret, wallClockOffset: 1e12 + clockDifference },
    });
    first.client.connect(first.server);
    first.world.runUntil(() => first.client.sent.length === 2);
    const hello = first.client.sent[1]?.datagram ?? new Uint8Array();
    return second.server.receive(hello, first.client.socket.address) === "handled";
  };
  expect([-45_000, -5000, 0, 5000, 45_000].map(accepts)).toEqual([true, true, true, true, true]);
  expect([-180_000, 180_000].map(accepts)).toEqual([false, false]);
});

test("nodes with different secrets: the client gives up instead of asking for ever", () => {
  const { world, client, server } = createPair();
  const cookieSecret = new Uint8Array(16).fill(1);
  const other = createPair({ server: { cookieSecret } }).server;
  let toServer = false;
  world.network.addFilter((datagram, from) => {
    if (from.address !== "10.0.0.2") return "pass";
    toServer = !toServer;
    const node = toServer ? server : other;
    node.sent.length = 0;
    node.receive(datagram, from);
    for (const { datagram: answer } of node.sent) {
      world.clock.after(1, () => client.receive(answer, server.socket.address));
    }
    return "drop";
  });
  const connection = client.connect(server);
  world.runFor(100_000);
  expect(connection.phase).toBe("closed");
  expect(client.sent.length).toBeLessThan(12);
});

test("random, truncated and mutated datagrams are dropped with a reason and change nothing", () => {
  const { world, client, server, clientConnection, serverConnection } = createConnectedPair();
  client.send(clientConnection, "genuine");
  world.runUntilIdle();
  const random = new Random(11);
  const known = client.sent.map(({ datagram }) => datagram);
  for (let i = 0; i < 20_000; i += 1) {
    const model = known[random.integer(known.length)] ?? new Uint8Array();
    let datagram = model.slice(
      0,
      random.chance(0.3) ? random.integer(model.length + 1) : undefined,
    );
    if (random.chance(0.1)) {
      datagram = new Uint8Array(random.integer(200));
      random.fill(datagram);
    }
    for (let flips = random.integer(4); flips > 0 && datagram.length > 0; flips -= 1) {
      datagram[random.integer(datagram.length)] = random.uint32() & 0xff;
    }
    const from = random.chance(0.5) ? client.socket.address : { address: "192.0.2.6", port: 6 };
    server.receive(datagram, from);
  }
  expect(serverConnection.phase).toBe("connected");
  expect(serverConnection.path.address).toBe("10.0.0.2");
  expect(server.payloads()).toEqual(["genuine"]);
  expect(outcomesBalance(server)).toBe(true);
  client.send(clientConnection, "still there");
  world.runUntil(() => server.payloads().length === 2);
});
