import { createHmac } from "node:crypto";
import { createHmacKey, createNodeCrypto, createNodeEntropy } from "@dtls-cluster/crypto-node";
import { type Connection, createEndpoint, type Endpoint } from "@dtls-cluster/dtls";
import { expect, test } from "vitest";
import { deriveFrameKeys } from "../src/frame-keys.ts";

const suites = [
  { name: "TLS_PSK_WITH_AES_128_CCM_8", hash: "sha256", keyLength: 16 },
  { name: "TLS_PSK_WITH_AES_256_CCM", hash: "sha256", keyLength: 32 },
  { name: "TLS_PSK_WITH_AES_256_GCM_SHA384", hash: "sha384", keyLength: 32 },
] as const;
const covered = Uint8Array.from({ length: 64 }, (_, index) => index);

/** RFC 5246 section 5, with the label of section 6.3. */
function keyBlock(hash: string, secret: Uint8Array, randoms: Uint8Array, length: number): Buffer {
  const hmac = (...parts: Uint8Array[]) =>
    createHmac(hash, secret).update(Buffer.concat(parts)).digest();
  const seed = Buffer.concat([Buffer.from("key expansion"), randoms]);
  const parts: Buffer[] = [];
  for (let chain = hmac(seed); parts.length * 32 < length; chain = hmac(chain)) {
    parts.push(hmac(chain, seed));
  }
  return Buffer.concat(parts).subarray(0, length);
}

test.each(suites)(
  "of $name: as long as its record keys, from where server_write_IV starts, under its PRF's hash",
  ({ name, hash, keyLength }) => {
    const { client, server, connection, accepted } = connect(name);
    const state = client.snapshot(connection, 0);
    if (state === undefined) throw new Error("not connected");
    const randoms = Buffer.concat([state.serverRandom, state.clientRandom]);
    const from = 2 * keyLength + 4;
    const block = keyBlock(hash, state.masterSecret, randoms, from + 2 * keyLength);
    const macs = [from, from + keyLength].map((at) =>
      createHmac(hash, block.subarray(at, at + keyLength))
        .update(covered)
        .digest("hex"),
    );
    const ofClient = deriveFrameKeys(client, connection, createHmacKey);
    const ofServer = deriveFrameKeys(server, accepted, createHmacKey);
    for (const [keys, expected] of [
      [ofClient, macs],
      [ofServer, macs.toReversed()],
    ] as const) {
      const found = [keys?.write, keys?.read].map((mac) =>
        Buffer.from(mac?.(covered) ?? []).toString("hex"),
      );
      expect(found.map((mac) => mac.slice(0, 16))).toEqual(expected.map((mac) => mac.slice(0, 16)));
    }
  },
);

function connect(cipherSuite: string): {
  client: Endpoint;
  server: Endpoint;
  connection: Connection;
  accepted: Connection;
} {
  const secret = { pskIdentity: Buffer.from("nodes"), psk: Buffer.from("topSecret!") };
  const queue: (() => void)[] = [];
  const create = (port: number, other: () => Endpoint): Endpoint => {
    const endpoint: Endpoint = createEndpoint(
      {
        crypto: createNodeCrypto(),
        entropy: createNodeEntropy(),
        role: "both",
        cipherSuites: [cipherSuite],
      },
      {
        transmit: (datagram) => {
          const copy = datagram.slice();
          queue.push(() => other().receive(copy, "127.0.0.1", port, undefined, 0));
        },
        data: () => {},
        event: (event) => {
          if (event.type === "psk-needed") endpoint.providePsk(event.connection, secret.psk, 0);
        },
      },
    );
    return endpoint;
  };
  const client = create(1, () => server);
  const server: Endpoint = create(2, () => client);
  const connection = client.connect({ address: "127.0.0.1", port: 2, via: undefined }, secret, 0);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) next();
  const [accepted] = [...server.connections()];
  if (accepted === undefined) throw new Error("not connected");
  return { client, server, connection, accepted };
}
