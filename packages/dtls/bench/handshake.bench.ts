/**
 * CPU of one full handshake, both sides together, by suite: `node packages/dtls/bench/handshake.bench.ts`. The verdict on
 * the certificates is left out; it is the owner's.
 */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { createNodeCrypto, createNodeEntropy, signHandshake } from "@dtls-cluster/crypto-node";
import {
  type ConnectOptions,
  type Credential,
  createEndpoint,
  type Endpoint,
  type EndpointEvent,
  type EndpointSink,
} from "../src/index.ts";

const HANDSHAKES = 300;
const psk = new TextEncoder().encode("sixteen byte key");
const keys = new Map<Credential, KeyObject>();

function rawPublicKey(): Credential {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ format: "der", type: "spki" });
  const credential: Credential = { type: "raw-public-key", chain: [new Uint8Array(spki)] };
  keys.set(credential, privateKey);
  return credential;
}

const serverCredential = rawPublicKey();
const clientCredential = rawPublicKey();
const wire: (() => void)[] = [];

function answer(endpoint: Endpoint, event: EndpointEvent): void {
  const { connection } = event;
  if (event.type === "psk-needed") endpoint.providePsk(connection, psk, 0);
  else if (event.type === "peer-certificate") endpoint.judgeCertificate(connection, "accepted", 0);
  else if (event.type === "signature-needed") {
    const key = keys.get(event.credential);
    const signature = key && signHandshake(key, event.scheme, event.data);
    endpoint.provideSignature(connection, signature, 0);
  }
}

function sink(own: () => Endpoint, peer: () => Endpoint, port: number): EndpointSink {
  return {
    transmit: (datagram) => {
      wire.push(() => peer().receive(datagram, "192.0.2.1", port, undefined, 0));
    },
    data: () => {},
    event: (event) => answer(own(), event),
  };
}

function measure(name: string, connect: ConnectOptions, group: "x25519" | "secp256r1"): number {
  const common = {
    crypto: createNodeCrypto(),
    entropy: createNodeEntropy(),
    connectionId: { length: 6 },
    cipherSuites: [name],
  };
  const server: Endpoint = createEndpoint(
    {
      ...common,
      role: "server",
      groups: [group],
      credentials: [serverCredential],
      clientAuthentication: "required",
      clientCertificateTypes: ["raw-public-key"],
    },
    sink(
      () => server,
      () => client,
      1,
    ),
  );
  const client: Endpoint = createEndpoint(
    // The curve of the server's key has to be offered, too (RFC 8422 section 5.1).
    { ...common, role: "client", groups: [group, "secp256r1"] },
    sink(
      () => client,
      () => server,
      2,
    ),
  );
  const handshake = (): void => {
    client.connect({ address: "192.0.2.1", port: 1, via: undefined }, connect, 0);
    for (let step = wire.shift(); step !== undefined; step = wire.shift()) step();
  };
  for (let i = 0; i < 50; i += 1) handshake();
  const before = process.cpuUsage();
  for (let i = 0; i < HANDSHAKES; i += 1) handshake();
  const { user, system } = process.cpuUsage(before);
  if (server.stats().handshakesCompleted !== HANDSHAKES + 50) throw new Error(`${name} failed`);
  return (user + system) / HANDSHAKES;
}

const withPsk: ConnectOptions = { psk, pskIdentity: new TextEncoder().encode("device-1") };
const withKeys: ConnectOptions = {
  serverCertificateTypes: ["raw-public-key"],
  credentials: [clientCredential],
};
const cases = [
  ["TLS_PSK_WITH_AES_128_CCM_8", withPsk, "x25519"],
  ["TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256", withPsk, "x25519"],
  ["TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", withKeys, "x25519"],
  ["TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", withKeys, "secp256r1"],
] as const;

for (const [name, connect, group] of cases) {
  const microseconds = measure(name, connect, group);
  console.log(`${name.padEnd(42)} ${group.padEnd(10)} ${microseconds.toFixed(0)} µs, both sides`);
}
