import { describe, expect, test } from "vitest";
import { createConnectedPair, createPair, outcomesBalance } from "../peer.ts";

const suites: readonly [name: string, id: number][] = [
  ["TLS_PSK_WITH_AES_128_GCM_SHA256", 0x00a8],
  ["TLS_PSK_WITH_AES_256_GCM_SHA384", 0x00a9],
  ["TLS_PSK_WITH_AES_128_CCM", 0xc0a4],
  ["TLS_PSK_WITH_AES_256_CCM", 0xc0a5],
  ["TLS_PSK_WITH_AES_128_CCM_8", 0xc0a8],
  ["TLS_PSK_WITH_AES_256_CCM_8", 0xc0a9],
  ["TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", 0xd001],
  ["TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384", 0xd002],
  ["TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", 0xccac],
  ["TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256", 0xd003],
];

describe.each(suites)("%s", (name, id) => {
  test.each(["enabled", "disabled"] as const)(
    "connects and carries data both ways, extended master secret %s",
    (extendedMasterSecret) => {
      const { world, client, server, clientConnection, serverConnection } = createConnectedPair({
        client: { cipherSuites: [name] },
        server: { extendedMasterSecret },
      });
      expect([clientConnection.cipherSuite, serverConnection.cipherSuite]).toEqual([id, id]);
      expect(client.send(clientConnection, "ping")).toBe(true);
      expect(server.send(serverConnection, "pong")).toBe(true);
      world.runUntilIdle();
      expect(server.payloads()).toEqual(["ping"]);
      expect(client.payloads()).toEqual(["pong"]);
      expect(outcomesBalance(server) && outcomesBalance(client)).toBe(true);
    },
  );
});

test("the client's order of suites decides", () => {
  const { clientConnection } = createConnectedPair({
    client: { cipherSuites: ["TLS_PSK_WITH_AES_128_CCM_8", "TLS_PSK_WITH_AES_128_GCM_SHA256"] },
    server: { cipherSuites: ["TLS_PSK_WITH_AES_128_GCM_SHA256", "TLS_PSK_WITH_AES_128_CCM_8"] },
  });
  expect(clientConnection.cipherSuite).toBe(0xc0a8);
});

test("without a common suite the client learns of handshake_failure", () => {
  const { world, client, server } = createPair({
    client: { cipherSuites: ["TLS_PSK_WITH_AES_128_CCM_8"] },
    server: { cipherSuites: ["TLS_PSK_WITH_AES_128_GCM_SHA256"] },
  });
  client.connect(server);
  world.runUntilIdle();
  const [reason] = client.closeReasons();
  expect(reason).toMatchObject({
    kind: "failed",
    error: { code: "DTLS_ALERT_RECEIVED", alert: 40 },
  });
  expect(server.endpoint.stats().handshakes).toBe(0);
});
