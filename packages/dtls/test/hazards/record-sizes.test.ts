import { describe, expect, test } from "vitest";
import { connected, handshake } from "../certificates.ts";
import { createConnectedPair, createPair, psk, utf8 } from "../peer.ts";

/** Lengths of the contents of records in the clear. */
function plainContents(datagrams: readonly { readonly datagram: Uint8Array }[]): number[] {
  return datagrams.flatMap(({ datagram }) => {
    const lengths: number[] = [];
    for (let at = 0; at < datagram.length && datagram[at] !== 25; ) {
      const length = ((datagram[at + 11] ?? 0) << 8) | (datagram[at + 12] ?? 0);
      if (datagram[at + 4] === 0) lengths.push(length);
      at += 13 + length;
    }
    return lengths;
  });
}

test("each side keeps to the other's record_size_limit, with the content type beside a CID (RFC 8449 section 4)", () => {
  const { clientConnection, serverConnection, client, server, world } = createConnectedPair({
    client: { recordSizeLimit: 64 },
    server: { recordSizeLimit: 200 },
  });
  expect(serverConnection.maxPayload).toBe(64);
  expect(clientConnection.maxPayload).toBe(199);
  client.send(clientConnection, "x".repeat(199));
  server.send(serverConnection, "y".repeat(64));
  world.runUntilIdle();
  expect(server.payloads()).toEqual(["x".repeat(199)]);
  expect(client.payloads()).toEqual(["y".repeat(64)]);
});

test("a server answers max_fragment_length and both keep to it (RFC 6066 section 4)", () => {
  const made = connected({ options: { client: { maxFragmentLength: 512 } } });
  expect(made.serverConnection.maxPayload).toBe(512);
  expect(made.clientConnection.maxPayload).toBe(512);
  made.client.send(made.clientConnection, "x".repeat(512));
  made.world.runUntilIdle();
  expect(made.server.payloads().at(-1)).toBe("x".repeat(512));
  const contents = plainContents(made.server.sent);
  expect(contents.length).toBeGreaterThan(2);
  expect(Math.max(...contents)).toBeLessThanOrEqual(512);
});

test("record_size_limit has precedence over max_fragment_length (RFC 8449 section 5)", () => {
  const { serverConnection, clientConnection } = createConnectedPair({
    client: { maxFragmentLength: 512, recordSizeLimit: 700 },
  });
  expect(serverConnection.maxPayload).toBe(700);
  expect(clientConnection.maxPayload).toBeGreaterThan(1000);
});

test("a longer record than agreed is discarded, and the connection goes on", () => {
  const { server, client, world, clientConnection, serverConnection } = createConnectedPair({
    client: { recordSizeLimit: 300 },
    server: { recordSizeLimit: 100 },
  });
  const state = client.endpoint.exportConnection(clientConnection, world.now);
  if (state === undefined) throw new Error("no state");
  expect(state).toMatchObject({ maxSentPlaintext: 100, maxReceivedPlaintext: 300 });
  const { maxSentPlaintext: _, ...careless } = state;
  const heir = client.endpoint.importConnection(careless, world.now);
  client.send(heir, "x".repeat(100));
  world.runUntilIdle();
  expect(server.outcomes.at(-1)).toBe("malformed");
  client.send(heir, "x".repeat(99));
  world.runUntilIdle();
  expect(server.payloads()).toEqual(["x".repeat(99)]);
  expect(serverConnection.phase).toBe("connected");
});

test("limits travel with an exported state", () => {
  const { server, world, serverConnection } = createConnectedPair({
    client: { recordSizeLimit: 128 },
  });
  const state = server.endpoint.exportConnection(serverConnection, world.now);
  if (state === undefined) throw new Error("no state");
  expect(server.endpoint.importConnection(state, world.now).maxPayload).toBe(128);
});

describe("options", () => {
  test.each([
    [{ recordSizeLimit: 63 }, "recordSizeLimit is 63, but must be an integer from 64 to 16384"],
    [
      { maxFragmentLength: 600 as 512 },
      "maxFragmentLength is 600, but must be any of 512, 1024, 2048, 4096",
    ],
  ])("%o is refused", (options, message) => {
    expect(() => createPair({ client: options })).toThrow(message);
  });
});

test("flights that get lost time and again come in smaller datagrams (RFC 6347 section 4.1.1.1)", () => {
  const made = handshake({ options: { both: { maxRetransmissions: 8 } } });
  const connection = made.begin();
  made.world.runUntil(() => made.server.sent.length > 1);
  made.client.endpoint.close(connection, made.world.now);
  made.world.runUntilIdle();
  const lengths = made.server.sent.map(({ datagram }) => datagram.length);
  expect(Math.max(...lengths)).toBeGreaterThan(256);
  expect(Math.max(...lengths.slice(-2))).toBeLessThanOrEqual(256);
});

test("a ClientHello stays whole, however often it is lost", () => {
  const { client, server, world } = createPair({ world: { conditions: { loss: 1 } } });
  const serverName = `${"a".repeat(60)}.`.repeat(4).concat("example");
  client.connect(server, {
    pskIdentity: utf8("device"),
    psk,
    serverName,
    serverCertificateTypes: ["x509"],
  });
  world.runUntilIdle();
  expect(client.sent[0]?.datagram.length).toBeGreaterThan(256);
  expect(new Set(client.sent.map(({ datagram }) => datagram.length)).size).toBe(1);
});
