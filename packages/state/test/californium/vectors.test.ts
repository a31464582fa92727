import { X509Certificate } from "node:crypto";
import { createNodeEntropy } from "@dtls-cluster/crypto-node";
import {
  type CaliforniumConnection,
  decodeCaliforniumStream,
  encodeCaliforniumStream,
  readCaliforniumState,
  writeCaliforniumState,
} from "@dtls-cluster/state/californium";
import { unsealCaliforniumState } from "@dtls-cluster/state/node";
import { describe, expect, it } from "vitest";
import { keyLog, savedAt, toHex, vector } from "./samples.ts";

const wallTime = Number(savedAt.millis);
const entropy = createNodeEntropy();
const label = "dtls://0.0.0.0:5784";

function connectionsOf(stream: Uint8Array): readonly CaliforniumConnection[] {
  const [component] = decodeCaliforniumStream(stream).components;
  return component !== undefined && "connections" in component ? component.connections : [];
}

describe.each([
  ["cf-state-plain", undefined],
  ["cf-state-aesgcm", "topSecretPassword"],
])("%s.bin", (name, password) => {
  const plain = unsealCaliforniumState(vector(`${name}.bin`), password);

  it("has the master secrets of its key log", () => {
    const secrets = keyLog(`${name}.keylog.txt`);
    const all = connectionsOf(plain);
    expect(all).toHaveLength(5);
    for (const { startingHello, context } of all) {
      const random = toHex(startingHello?.clientRandom ?? new Uint8Array(0));
      const secret = toHex(context.session.masterSecret?.bytes ?? new Uint8Array(0));
      expect(secret).toBe(secrets.get(random));
    }
    const { connections } = readCaliforniumState(plain, { wallTime });
    const logged = [...secrets.values()];
    expect(connections.map(({ masterSecret }) => toHex(masterSecret))).toEqual(logged);
  });

  it("is read to the last byte and written again as it was", () => {
    expect(encodeCaliforniumStream(decodeCaliforniumStream(plain))).toEqual(new Uint8Array(plain));
  });

  it("has five connections to take: PSK, X.509 and a raw public key", () => {
    const { connections, refused } = readCaliforniumState(plain, { wallTime });
    const identities = connections.map(({ pskIdentity }) => Buffer.from(pskIdentity).toString());
    expect(identities).toEqual(["Client_identity", "password", "cali.vector1", "", ""]);
    expect(connections.map(({ mtu }) => mtu).slice(0, 3)).toEqual([1436, 1436, 1436]);
    expect(connections.map((state) => state.writeConnectionId?.length).slice(0, 3)).toEqual([
      undefined,
      undefined,
      4,
    ]);
    expect(connections.map(({ peerCertificate }) => peerCertificate?.type)).toEqual([
      ...[undefined, undefined, undefined],
      ...["x509", "raw-public-key"],
    ]);
    const [own] = connections[3]?.peerCertificate?.chain ?? [];
    expect(new X509Certificate(own ?? new Uint8Array(0)).ca).toBe(false);
    expect(refused).toEqual([]);
  });

  it("is written back with all that a connection state can hold", () => {
    const { connections } = readCaliforniumState(plain, { wallTime: 1_900_000_000_000 });
    const { bytes, unwritten } = writeCaliforniumState(connections, {
      version: 5,
      label,
      wallTime: 1_900_000_000_000,
      entropy,
    });
    expect(unwritten).toEqual([]);
    const comparable = (connection: CaliforniumConnection) => ({
      ...connection,
      lastMessageNanos: 0n,
      startingHello: undefined,
      context: {
        ...connection.context,
        session: {
          ...connection.context.session,
          creationTimeMs: 0,
          // What the certificates' handshake used is no part of a connection state.
          signatureAlgorithm: undefined,
          group: undefined,
        },
      },
    });
    expect(connectionsOf(bytes).map(comparable)).toEqual(connectionsOf(plain).map(comparable));
  });
});
