import { createHash } from "node:crypto";
import type { CoapPeerState, DuplicateKind } from "@dtls-cluster/coap";
import type { ConnectionState } from "@dtls-cluster/dtls";
import fc from "fast-check";
import { type Sha256, type StateItem, StateReader } from "../../src/index.ts";

export const sha256: Sha256 = (data) => createHash("sha256").update(data).digest();

const bytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (seed * 31 + i * 7) & 0xff);

/** An established PSK connection with AES-128-CCM-8 and a CID of 6 bytes. */
export function sampleConnection(index = 1): ConnectionState {
  const cid = Uint8Array.of(1, 0, index >>> 24, index >>> 16, index >>> 8, index);
  return {
    role: "server",
    cipherSuite: 0xc0a8,
    extendedMasterSecret: true,
    masterSecret: bytes(48, index),
    clientRandom: bytes(32, index + 1),
    serverRandom: bytes(32, index + 2),
    sessionId: new Uint8Array(0),
    clientWriteKey: bytes(16, index + 3),
    serverWriteKey: bytes(16, index + 4),
    clientWriteIv: bytes(4, index + 5),
    serverWriteIv: bytes(4, index + 6),
    readConnectionId: cid,
    writeConnectionId: undefined,
    peer: { address: "192.168.178.250", port: 40_000 + (index % 20_000) },
    pskIdentity: new TextEncoder().encode(`cali.${String(index).padStart(6, "0")}`),
    writeEpoch: 1,
    nextWriteSequence: 3 * 2 ** 32 + index,
    readEpoch: 1,
    newestReadSequence: 70_000 + index,
    replayWindow: [0xffffffff, 0xfffffff7],
    forgeries: 0,
    establishedAt: 1_795_000_000_000 + index,
    idleMs: 125_000,
    mtu: 1232,
  };
}

export function sampleCoap(): CoapPeerState {
  return {
    nextMessageId: 4711,
    duplicates: [
      { messageId: 17, kind: 0, ageMs: 1200, answer: bytes(12, 9) },
      { messageId: 18, kind: 2, ageMs: 100, answer: bytes(8, 10) },
    ],
    unacknowledged: [bytes(20, 11)],
    mark: 18,
  };
}

const octets = (minLength: number, maxLength = minLength): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength });

const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom(
    "::",
    "01.2.3.4",
    "1.2.3",
    "256.1.1.1",
    "1..2.3",
    "0.0.0.0",
    "1.2.3.4.",
    "example",
    "::1",
    "::ffff:10.0.0.1",
    "2001:db8::7:0:0:1",
    "fe80::1%eth0",
    "1:0:0:2::",
  ),
);

const connectionWithoutOptions: fc.Arbitrary<ConnectionState> = fc.record({
  role: fc.constantFrom("client", "server"),
  cipherSuite: fc.nat(0xffff),
  extendedMasterSecret: fc.boolean(),
  masterSecret: fc.oneof(octets(48), octets(0, 60)),
  clientRandom: fc.oneof(octets(32), octets(0, 40)),
  serverRandom: octets(32),
  sessionId: octets(0, 32),
  clientWriteKey: fc.oneof(octets(16), octets(0, 32)),
  serverWriteKey: fc.oneof(octets(16), octets(0, 32)),
  clientWriteIv: fc.oneof(octets(4), octets(12)),
  serverWriteIv: fc.oneof(octets(4), octets(12)),
  readConnectionId: fc.option(octets(1, 32), { nil: undefined }),
  writeConnectionId: fc.option(octets(1, 32), { nil: undefined }),
  peer: fc.record({ address, port: fc.integer({ min: 1, max: 0xffff }) }),
  pskIdentity: octets(0, 128),
  writeEpoch: fc.nat(0xffff),
  nextWriteSequence: fc.nat(2 ** 48),
  readEpoch: fc.nat(0xffff),
  newestReadSequence: fc.integer({ min: -1, max: 2 ** 48 - 1 }),
  replayWindow: fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff)),
  forgeries: fc.nat(),
  establishedAt: fc.nat(Number.MAX_SAFE_INTEGER),
  idleMs: fc.nat(Number.MAX_SAFE_INTEGER),
  mtu: fc.integer({ min: 1, max: 0xffff }),
});

/** Fields that a connection may have or not. A count that equals its default is left out, as on the wire. */
const options: fc.Arbitrary<
  Pick<
    ConnectionState,
    | "sealedRecords"
    | "unconfirmedFlight"
    | "peerCertificate"
    | "maxSentPlaintext"
    | "maxReceivedPlaintext"
  >
> = fc.record(
  {
    sealedRecords: fc.nat(2 ** 48),
    unconfirmedFlight: fc.record({
      messageSequence: fc.nat(0xffff),
      verifyData: octets(12),
      nextPlainSequence: fc.nat(2 ** 48 - 1),
    }),
    maxSentPlaintext: fc.integer({ min: 64, max: 16_385 }),
    maxReceivedPlaintext: fc.integer({ min: 64, max: 16_385 }),
    peerCertificate: fc.record({
      type: fc.constantFrom("x509", "raw-public-key"),
      chain: fc.array(octets(1, 300), { minLength: 1, maxLength: 3 }),
    }),
  },
  { requiredKeys: [] },
);

export const anyConnection: fc.Arbitrary<ConnectionState> = fc
  .tuple(connectionWithoutOptions, options)
  .map(([state, { sealedRecords, ...rest }]) =>
    sealedRecords === undefined || sealedRecords === state.nextWriteSequence % 2 ** 26
      ? { ...state, ...rest }
      : { ...state, ...rest, sealedRecords },
  );

const anyExchanges = fc.record({
  nextMessageId: fc.integer({ min: -1, max: 0xffff }),
  duplicates: fc.array(
    fc.record({
      messageId: fc.nat(0xffff),
      kind: fc.constantFrom<DuplicateKind>(0, 1, 2, 3),
      ageMs: fc.nat(300_000),
      answer: octets(4, 300),
    }),
    { maxLength: 6 },
  ),
  unacknowledged: fc.array(octets(4, 100), { maxLength: 3 }),
  mark: fc.nat(),
});

const anyObservation = fc.record({
  request: octets(4, 100),
  sequence: fc.nat(0xffffff),
  lastMessageId: fc.integer({ min: -1, max: 0xffff }),
});

const anyBody = fc.record({
  kind: fc.constantFrom<"upload" | "download">("upload", "download"),
  key: octets(0, 60),
  code: fc.nat(255),
  options: octets(0, 60),
  bytes: octets(0, 2000),
  ageMs: fc.nat(300_000),
});

/** With observations and bodies under way, or with neither. */
export const anyCoap: fc.Arbitrary<CoapPeerState> = fc.oneof(
  anyExchanges,
  fc
    .record({
      exchanges: anyExchanges,
      observations: fc.array(anyObservation, { minLength: 1, maxLength: 3 }),
      bodies: fc.array(anyBody, { maxLength: 3 }),
    })
    .map(({ exchanges, ...more }) => ({ ...exchanges, ...more })),
);

/** All bytes of a stream in one array. */
export function join(chunks: Iterable<Uint8Array>): Uint8Array {
  return new Uint8Array(Buffer.concat([...chunks]));
}

/** All items of a stream; throws what the reader throws. */
export function readAll(stream: Uint8Array, chunkBytes: number = stream.length): StateItem[] {
  const reader = new StateReader({ sha256 });
  const items: StateItem[] = [];
  for (let at = 0; at < stream.length; at += chunkBytes) {
    items.push(...reader.push(stream.subarray(at, at + chunkBytes)));
  }
  reader.finish();
  return items;
}
