import {
  type CaliforniumConnection,
  decodeCaliforniumConnection,
  decodeCaliforniumStream,
  encodeCaliforniumConnection,
  encodeCaliforniumStream,
} from "@dtls-cluster/state/californium";
import { describe, expect, it } from "vitest";
import {
  changed,
  hex,
  range,
  sampleBytes,
  sampleConnection,
  savedAt,
  streamOf,
  toHex,
  utf8,
} from "./samples.ts";

describe("a connection", () => {
  it("has every field where Californium writes it", () => {
    expect(decodeCaliforniumConnection(sampleBytes)).toEqual(sampleConnection);
    expect(toHex(encodeCaliforniumConnection(sampleConnection))).toBe(toHex(sampleBytes));
  });

  it("owns its bytes, also those of a Buffer", () => {
    const bytes = Buffer.from(sampleBytes);
    const connection = decodeCaliforniumConnection(bytes);
    bytes.fill(0);
    expect(connection).toEqual(sampleConnection);
  });

  const back = (connection: CaliforniumConnection): CaliforniumConnection =>
    decodeCaliforniumConnection(encodeCaliforniumConnection(connection));
  const tail = (connection: CaliforniumConnection, bytes: number): string =>
    toHex(encodeCaliforniumConnection(connection).subarray(-bytes));

  it("ends as its DTLSContext version says", () => {
    expect(tail(changed({ version: 5 }), 6)).toBe("000573000100".slice(2).padStart(12, "00"));
    const old = changed({ version: 4, traffic: { usesDeprecatedCid: true } });
    expect(tail(old, 6)).toBe("010573000100");
    expect(back(old)).toEqual(old);
    const older = changed({ version: 3 });
    expect(tail(older, 5)).toBe("0005730100");
    expect(back(older)).toEqual(older);
    const oldest = changed({ version: 2, traffic: { maxMessageSize: undefined } });
    expect(tail(oldest, 10)).toBe("00000000000000000100");
    expect(back(oldest)).toEqual(oldest);
  });

  it("has a session of version 2 without secure renegotiation", () => {
    const old = changed({ session: { version: 2, secureRenegotiation: undefined } });
    expect(back(old)).toEqual(old);
    expect(encodeCaliforniumConnection(old)).toHaveLength(sampleBytes.length - 1);
  });

  it("may end without the mark of double principals", () => {
    const old = changed({ connection: { isDoublePrincipal: undefined } });
    expect(back(old)).toEqual(old);
  });

  const key = (length: number, algorithm: string) => ({ bytes: range(7, length), algorithm });

  it.each([
    ["an anonymous peer", changed({ session: { peerIdentity: { kind: "anonymous" } } })],
    ["no peer identity", changed({ session: { peerIdentity: undefined } })],
    [
      "a PSK identity of a virtual host",
      changed({
        session: {
          peerIdentity: { kind: "psk", virtualHost: utf8("host"), identity: utf8("id") },
        },
      }),
    ],
    [
      "an identity of the application",
      changed({
        session: {
          peerIdentity: { kind: "application", isAnonymous: true, applicationName: utf8("app") },
        },
      }),
    ],
    [
      "a raw public key",
      changed({
        session: {
          peerIdentity: { kind: "raw-public-key", publicKey: hex("30 03 020107") },
          cipherSuite: 0xc02b,
          sendCertificateType: 2,
          receiveCertificateType: 2,
          signatureAlgorithm: { hash: 4, signature: 3 },
          group: 29,
        },
      }),
    ],
    [
      "an X.509 path with a long DER length",
      changed({
        session: {
          peerIdentity: {
            kind: "x509",
            path: Uint8Array.of(0x30, 0x82, 0x01, 0x2c, ...new Uint8Array(300)),
          },
        },
      }),
    ],
    ["server names", changed({ session: { serverNames: [utf8("a.example"), utf8("b")] } })],
    ["no master secret", changed({ session: { masterSecret: undefined } })],
    [
      "keys of a CBC suite",
      changed({
        session: { cipherSuite: 0x00ae },
        traffic: {
          readKeys: { protection: "cbc", macKey: key(32, "Mac"), encryptionKey: key(16, "AES") },
          writeKeys: { protection: "cbc", macKey: key(32, "Mac"), encryptionKey: key(16, "AES") },
        },
      }),
    ],
    [
      "keys of a CBC suite with SHA-1",
      changed({
        session: { cipherSuite: 0xc00a },
        traffic: {
          readKeys: { protection: "cbc", macKey: key(20, "Mac"), encryptionKey: key(32, "AES") },
          writeKeys: { protection: "cbc", macKey: key(20, "Mac"), encryptionKey: key(32, "AES") },
        },
      }),
    ],
    [
      "no keys, in epoch 0",
      changed({
        traffic: { readEpoch: 0, readKeys: undefined, writeEpoch: 0, writeKeys: undefined },
      }),
    ],
    ["no CID", changed({ traffic: { writeConnectionId: undefined } })],
    ["the CID of the peer", changed({ traffic: { writeConnectionId: range(9, 4) } })],
    [
      "randoms for exporters",
      changed({ traffic: { randoms: { client: range(1, 32), server: range(2, 32) } } }),
    ],
    [
      "a peer with an IPv6 address",
      changed({ connection: { peer: { port: 5684, octets: range(0x20, 16) } } }),
    ],
    [
      "a peer with an unresolved name",
      changed({ connection: { peer: { port: 5684, hostName: "device.example" } } }),
    ],
    ["no address", changed({ connection: { peer: undefined } })],
    [
      "a starting ClientHello and times before the clock's origin",
      changed({
        connection: {
          lastMessageNanos: -5n,
          startingHello: { messageSequence: 1, clientRandom: range(3, 32), nanos: -7n },
        },
      }),
    ],
    [
      "full counters",
      changed({
        traffic: {
          nextWriteSequence: 2 ** 48 - 1,
          windowLower: 2 ** 48 - 64,
          windowBits: 2n ** 64n - 1n,
          macErrors: Number.MAX_SAFE_INTEGER,
        },
      }),
    ],
  ])("with %s is read as it was written", (_, connection) => {
    expect(back(connection)).toEqual(connection);
  });

  it("of an unknown suite keeps its keys as they are", () => {
    const bytes = sampleBytes.slice();
    const suiteAt = toHex(bytes).indexOf("c0a800") / 2;
    bytes.set([0x13, 0x01], suiteAt);
    const connection = decodeCaliforniumConnection(bytes);
    expect(connection.context.traffic).toBeInstanceOf(Uint8Array);
    expect(connection.context.session.cipherSuite).toBe(0x1301);
    expect(encodeCaliforniumConnection(connection)).toEqual(bytes);
  });

  it("is refused when a field does not fit", () => {
    const usage = { name: "CaliforniumStateError", code: "CALIFORNIUM_USAGE" };
    const long = changed({ connection: { connectionId: new Uint8Array(255) } });
    expect(() => encodeCaliforniumConnection(long)).toThrow(expect.objectContaining(usage));
    const identity = new Uint8Array(65_534);
    const large = changed({
      session: { peerIdentity: { kind: "psk", virtualHost: undefined, identity } },
    });
    expect(() => encodeCaliforniumConnection(large)).toThrow(expect.objectContaining(usage));
    const draft = changed({ version: 5, traffic: { usesDeprecatedCid: true } });
    expect(() => encodeCaliforniumConnection(draft)).toThrow(expect.objectContaining(usage));
  });
});

describe("a stream", () => {
  it("has a time mark, a marker, components and an end mark", () => {
    const bytes = streamOf([sampleConnection]);
    expect(toHex(bytes)).toBe(
      `0110${savedAt.millis.toString(16).padStart(16, "0")}${savedAt.nanos.toString(16).padStart(16, "0")}` +
        `0a434f4d504f4e454e54530013${toHex(utf8("dtls://0.0.0.0:5784"))}${toHex(sampleBytes)}00ffff`,
    );
  });

  it("keeps the items of components that it does not know", () => {
    const other = hex("01 0003 AABBCC 02 0000 00");
    const components = [
      { label: "dtls://0.0.0.0:1", connections: [sampleConnection] },
      { label: "other", skippedItems: 2, bytes: other },
      { label: "dtls://0.0.0.0:2", connections: [] },
    ];
    const bytes = encodeCaliforniumStream({ savedAt: undefined, components });
    expect(bytes[0]).toBe(0);
    expect(decodeCaliforniumStream(bytes)).toEqual({ savedAt: undefined, components });
  });

  it("asks for other labels of connectors", () => {
    const bytes = streamOf([sampleConnection], "my connector");
    expect(decodeCaliforniumStream(bytes).components[0]).toMatchObject({ skippedItems: 1 });
    const mine = decodeCaliforniumStream(bytes, (label) => label === "my connector");
    expect(mine.components[0]).toMatchObject({ connections: [sampleConnection] });
  });
});
