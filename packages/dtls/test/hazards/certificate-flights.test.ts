import { forgeCertificate, testSeeds } from "@dtls-cluster/testkit";
import { describe, expect, test } from "vitest";
import type { Credential } from "../../src/index.ts";
import { connected, handshake } from "../certificates.ts";

const required = { clientAuthentication: "required" } as const;
const client = [{}];

/** Certificates behind the own one, so that flights get long. */
function lengthened(credential: Credential | undefined, count: number): void {
  if (credential === undefined) return;
  const chain = credential.chain as Uint8Array[];
  while (chain.length < count) {
    chain.push(forgeCertificate({ name: `authority ${chain.length}` }).der);
  }
}

test("chains of ten certificates over an MTU of 256, both ways", () => {
  const made = handshake({
    client,
    options: { both: { mtu: 256, connectionId: { length: 32 } }, server: required },
  });
  lengthened(made.serverCredentials[0], 10);
  lengthened(made.clientCredentials[0], 10);
  const connection = made.begin();
  made.world.runUntil(() => connection.phase !== "handshaking");
  expect(connection.phase).toBe("connected");
  expect(connection.peerCertificate?.chain).toHaveLength(10);
  expect(made.server.connected()[0]?.peerCertificate?.chain).toHaveLength(10);
  const sent = [...made.client.sent, ...made.server.sent];
  for (const { datagram } of sent) expect(datagram.length).toBeLessThanOrEqual(256);
  expect(sent.length).toBeGreaterThan(30);
});

test("a chain beyond maxChainLength is refused by either side with decode_error", () => {
  for (const limited of ["client", "server"] as const) {
    const limits = { maxChainLength: 2 };
    const made = handshake({
      client,
      options: {
        client: limited === "client" ? { limits } : {},
        server: { ...required, ...(limited === "server" ? { limits } : {}) },
      },
    });
    lengthened(made.serverCredentials[0], limited === "client" ? 3 : 1);
    lengthened(made.clientCredentials[0], limited === "server" ? 3 : 1);
    made.begin();
    made.world.runUntilIdle();
    expect(made[limited].closeReasons()).toMatchObject([
      { kind: "failed", error: { code: "DTLS_DECODE" } },
    ]);
  }
});

test("a message beyond maxHandshakeMessageLength never gets memory", () => {
  const made = handshake({
    client,
    options: { server: { ...required, limits: { maxHandshakeMessageLength: 1024 } } },
  });
  lengthened(made.clientCredentials[0], 8);
  made.begin();
  made.world.runUntilIdle();
  expect(made.server.connected()).toEqual([]);
  expect(made.server.endpoint.stats().datagrams.dropped.unexpected).toBeGreaterThan(0);
});

describe.each(testSeeds(12))("seed %i", (seed) => {
  test("mutual authentication over a link that loses, doubles and reorders", () => {
    const made = handshake({
      client,
      options: {
        world: { seed, conditions: { loss: 0.15, duplicate: 0.1, jitterMs: 200 } },
        both: { mtu: 300, maxRetransmissions: 12 },
        server: required,
      },
    });
    lengthened(made.serverCredentials[0], 4);
    lengthened(made.clientCredentials[0], 3);
    const connection = made.begin();
    made.world.runUntil(() => connection.phase !== "handshaking");
    expect(connection.phase).toBe("connected");
    made.client.send(connection, "data");
    made.world.assertClean();
  });
});

describe.each([
  "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
])("%s", (name) => {
  test("moves to another endpoint with peer certificate, window and a new block of numbers", () => {
    const made = connected({
      client,
      options: { client: { cipherSuites: [name] }, server: required },
    });
    const { server, client: device, world, serverConnection, clientConnection } = made;
    const state = server.endpoint.exportConnection(serverConnection, world.now);
    if (state === undefined) throw new Error("no state");
    expect(state.peerCertificate).toEqual(serverConnection.peerCertificate);
    const heir = server.endpoint.importConnection(
      { ...state, nextWriteSequence: 2 ** 32 },
      world.now,
    );
    expect(heir.peerCertificate).toEqual(serverConnection.peerCertificate);
    device.send(clientConnection, "to the heir");
    server.send(heir, "from the heir");
    world.runUntilIdle();
    expect(server.received.at(-1)).toMatchObject({ connection: heir, payload: "to the heir" });
    expect(device.payloads().at(-1)).toBe("from the heir");
    world.assertClean();
  });
});

test("a client with the same certificate replaces its older connection, an anonymous one does not", () => {
  for (const asked of ["none", "required"] as const) {
    const { server, world, begin } = connected({
      client,
      options: { server: { clientAuthentication: asked } },
    });
    const second = begin();
    world.runUntil(() => second.phase === "connected");
    expect(server.endpoint.stats().connections).toBe(asked === "required" ? 1 : 2);
  }
});
