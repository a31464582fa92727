import { readFileSync } from "node:fs";
import { createCoapEndpoint } from "@dtls-cluster/coap";
import { createNodeCrypto } from "@dtls-cluster/crypto-node";
import { type Connection, createEndpoint } from "@dtls-cluster/dtls";
import { readCaliforniumState } from "@dtls-cluster/state/californium";
import { expect, it } from "vitest";
import { takeConnections } from "../src/californium/take-connections.ts";
import type { Logger } from "../src/log.ts";
import type { SecureCoap } from "../src/node/secure-coap.ts";

const vectors = new URL("../../../packages/state/test/vectors/", import.meta.url);
const file = readFileSync(new URL("cf-state-plain.bin", vectors)).subarray(1);
const found = readCaliforniumState(file, { wallTime: Date.UTC(2026, 10, 24) });
/** The fourth of the five has an X.509 certificate; here it is one whose client was not asked for it. */
const anonymous = found.connections.map((state, index) => {
  if (index !== 3) return state;
  const { peerCertificate: _, ...rest } = state;
  return rest;
});

function take(needsClientCertificate: boolean): {
  connections: number;
  refused: number;
  reasons: readonly unknown[];
} {
  const reasons: unknown[] = [];
  const entropy = { fill: (bytes: Uint8Array) => bytes.fill(7) };
  const dtls = createEndpoint(
    { crypto: createNodeCrypto(), entropy, role: "server", connectionId: { length: 6 } },
    { transmit: () => {}, data: () => {}, event: () => {} },
  );
  const coap = createCoapEndpoint<Connection>({ entropy }, { transmit: () => {} });
  const secure: SecureCoap = {
    watcher: undefined,
    dtls,
    coap,
    needsClientCertificate,
    peerOf: (connection) => coap.openPeer(connection),
  };
  const log = { warn: (fields: { reason: string }) => reasons.push(fields.reason) };
  const taken = takeConnections(
    { ...found, connections: anonymous },
    { nodeId: 1, isClustered: false, secure, clock: () => 0, log: log as unknown as Logger },
  );
  return { ...taken, reasons };
}

it("takes a client without a certificate over where none is demanded", () => {
  expect(take(false)).toEqual({ connections: 5, refused: 0, reasons: [] });
});

it("refuses it where one is demanded, and takes those with a key or a certificate", () => {
  const { connections, refused, reasons } = take(true);
  expect([connections, refused]).toEqual([4, 1]);
  expect(reasons).toEqual([
    "its client has shown no certificate, and --client-auth is required here",
  ]);
});
