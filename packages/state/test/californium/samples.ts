import { readFileSync } from "node:fs";
import type { CaliforniumConnection, CaliforniumVersion } from "@dtls-cluster/state/californium";
import { encodeCaliforniumStream } from "@dtls-cluster/state/californium";

export const hex = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replace(/\s+/g, ""), "hex"));

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const range = (from: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => from + i);

export const vector = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../vectors/${name}`, import.meta.url)));

/** The plain stream of the vector that is not encrypted: its first byte says so. */
export const plainVector = (): Uint8Array => vector("cf-state-plain.bin").subarray(1);

/** Master secrets by client random, of a vector's key log. */
export function keyLog(name: string): Map<string, string> {
  const lines = Buffer.from(vector(name)).toString().trim().split("\n");
  return new Map(
    lines.map((line) => {
      const [, random = "", secret = ""] = line.toLowerCase().split(" ");
      return [random, secret];
    }),
  );
}

/** What Californium 4.0 writes for {@link sampleConnection}. */
export const sampleBytes: Uint8Array = hex(`
  01 00FC 00 0000000123456789 06 010203040506
    01 07 9C41 01 C0000207
    00
    05 00DD 0000018BCFE56801
      03 007A 0000018BCFE56800 00 FFFF 4000
        20 A0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF
        C0A8 00 00 00 01 01
        30 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F
           03 4D4143
        00 00 01 02 00 0009 63616C692E30303031
      01 10 101112131415161718191A1B1C1D1E1F 03 414553 04 30313233
      01 10 202122232425262728292A2B2C2D2E2F 03 414553 04 34353637
      00
      01 1C 000000000005 000000000000 000000000000000B 0000000000000000
      0573 00
    01 00
`);

/** A connection of TLS_PSK_WITH_AES_128_CCM_8 with a CID, as a server has it. */
export const sampleConnection: CaliforniumConnection = {
  resumptionRequired: false,
  lastMessageNanos: 0x123456789n,
  connectionId: range(1, 6),
  peer: { port: 40_001, octets: Uint8Array.of(192, 0, 2, 7) },
  startingHello: undefined,
  context: {
    version: 5,
    handshakeTimeMs: 0x18bcfe56801,
    session: {
      version: 3,
      creationTimeMs: 0x18bcfe56800,
      serverNames: undefined,
      recordSizeLimit: 0xffff,
      maxFragmentLength: 0x4000,
      sessionId: range(0xa0, 32),
      cipherSuite: 0xc0a8,
      compression: 0,
      sendCertificateType: 0,
      receiveCertificateType: 0,
      secureRenegotiation: true,
      extendedMasterSecret: true,
      masterSecret: { bytes: range(0, 48), algorithm: "MAC" },
      signatureAlgorithm: undefined,
      group: undefined,
      peerIdentity: { kind: "psk", virtualHost: undefined, identity: utf8("cali.0001") },
    },
    traffic: {
      readEpoch: 1,
      readKeys: {
        protection: "aead",
        encryptionKey: { bytes: range(0x10, 16), algorithm: "AES" },
        iv: utf8("0123"),
      },
      writeEpoch: 1,
      writeKeys: {
        protection: "aead",
        encryptionKey: { bytes: range(0x20, 16), algorithm: "AES" },
        iv: utf8("4567"),
      },
      writeConnectionId: new Uint8Array(0),
      nextWriteSequence: 5,
      windowLower: 0,
      windowBits: 0b1011n,
      macErrors: 0,
      usesDeprecatedCid: false,
      maxMessageSize: 1395,
      randoms: undefined,
    },
  },
  isConnectionIdUsed: true,
  isDoublePrincipal: false,
};

type Context = CaliforniumConnection["context"];
type Session = Context["session"];
type Traffic = Exclude<Context["traffic"], Uint8Array>;

/** {@link sampleConnection} with other fields. */
export function changed(change: {
  readonly connection?: Partial<CaliforniumConnection>;
  readonly session?: Partial<Session>;
  readonly traffic?: Partial<Traffic>;
  readonly version?: CaliforniumVersion;
}): CaliforniumConnection {
  const { context } = sampleConnection;
  return {
    ...sampleConnection,
    ...change.connection,
    context: {
      ...context,
      version: change.version ?? context.version,
      session: { ...context.session, ...change.session },
      traffic: { ...(context.traffic as Traffic), ...change.traffic },
    },
  };
}

export const savedAt: { millis: bigint; nanos: bigint } = {
  millis: 1_800_000_000_000n,
  nanos: 0x123456789n + 5_000_000_000n,
};

/** A stream with one connector, saved at {@link savedAt}. */
export function streamOf(
  connections: readonly CaliforniumConnection[],
  label = "dtls://0.0.0.0:5784",
): Uint8Array {
  return encodeCaliforniumStream({ savedAt, components: [{ label, connections }] });
}
