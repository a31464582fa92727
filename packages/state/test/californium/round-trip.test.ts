import type { ConnectionState } from "@dtls-cluster/dtls";
import {
  decodeCaliforniumStream,
  encodeCaliforniumStream,
  readCaliforniumState,
  supportedSuites,
  writeCaliforniumState,
} from "@dtls-cluster/state/californium";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const octets = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

const zero = new Uint8Array(32);
const isLong = (suite: number): boolean => [0x00a9, 0xc0a5, 0xc0a9, 0xd002, 0xc02c].includes(suite);
const hasCertificates = (suite: number): boolean =>
  suite === 0xc0ac || suite === 0xc0ae || suite >> 4 === 0xc02;

const certificate = fc
  .uint8Array({ maxLength: 100 })
  .map((content) => Uint8Array.of(0x30, content.length, ...content));
const peerCertificate = fc.oneof(
  fc.record({
    type: fc.constant("x509" as const),
    chain: fc.array(certificate, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ type: fc.constant("raw-public-key" as const), chain: fc.tuple(certificate) }),
);

/** Windows whose bits of numbers below 0 are not set: such records do not exist. */
const window = fc
  .tuple(fc.integer({ min: -1, max: 2 ** 48 - 1 }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
  .map(([newest, bits]) => {
    const known = newest >= 63 ? 64n : BigInt(newest + 1);
    const set = newest < 0 ? 0n : (bits | 1n) & ((1n << known) - 1n);
    return { newest, words: [Number(set & 0xffffffffn), Number(set >> 32n)] as const };
  });

/** Every state that this format can hold whole. */
const anyState: fc.Arbitrary<ConnectionState> = fc
  .tuple(
    fc.constantFrom(...supportedSuites),
    fc.constantFrom<"client" | "server">("client", "server"),
  )
  .chain(([cipherSuite, role]) =>
    fc.record({
      role: fc.constant(role),
      cipherSuite: fc.constant(cipherSuite),
      extendedMasterSecret: fc.boolean(),
      masterSecret: octets(48),
      clientRandom: octets(32).map((random) => random.with(0, 1)),
      serverRandom: octets(32).map((random) => random.with(0, 1)),
      sessionId: fc.uint8Array({ minLength: 1, maxLength: 32 }),
      clientWriteKey: octets(isLong(cipherSuite) ? 32 : 16),
      serverWriteKey: octets(isLong(cipherSuite) ? 32 : 16),
      clientWriteIv: octets(4),
      serverWriteIv: octets(4),
      readConnectionId: fc.option(fc.uint8Array({ minLength: 1, maxLength: 32 }), {
        nil: undefined,
      }),
      writeConnectionId: fc.option(fc.uint8Array({ minLength: 1, maxLength: 32 }), {
        nil: undefined,
      }),
      peer: fc.record({
        address: fc.oneof(fc.ipV4(), fc.constantFrom("2001:db8::1", "::1", "fe80::2:0:0:1")),
        port: fc.integer({ min: 1, max: 0xffff }),
      }),
      ...(hasCertificates(cipherSuite)
        ? { pskIdentity: fc.constant(new Uint8Array(0)), peerCertificate }
        : {
            pskIdentity: fc
              .string({ unit: "grapheme" })
              .map((text) => new TextEncoder().encode(text)),
          }),
      writeEpoch: fc.constant(1),
      nextWriteSequence: fc.nat(2 ** 40 - 1),
      readEpoch: fc.constant(1),
      window,
      forgeries: fc.nat(),
      establishedAt: fc.nat(2 ** 44),
      idleMs: fc.nat(2 ** 40),
      mtu: fc.integer({ min: 256, max: 16_384 }),
    }),
  )
  .map(({ window: { newest, words }, ...state }) => ({
    ...state,
    newestReadSequence: newest,
    replayWindow: words,
  }));

const entropy = { fill: (target: Uint8Array) => target.fill(7) };
const wallTime = 1_800_000_000_000;
const label = "dtls://[::]:5784";

describe("any state", () => {
  it.each([4, 5] as const)("comes back from version %i as it was", (version) => {
    fc.assert(
      fc.property(anyState, (state) => {
        const written = writeCaliforniumState([state], { version, label, wallTime, entropy });
        const { connections } = readCaliforniumState(written.bytes, { wallTime, role: state.role });
        expect(connections).toEqual([state]);
      }),
      { numRuns: 200 },
    );
  });

  it("is encoded again byte by byte, and refused when cut anywhere", () => {
    fc.assert(
      fc.property(fc.array(anyState, { maxLength: 3 }), fc.nat(), (states, cut) => {
        const { bytes } = writeCaliforniumState(states, { version: 5, label, wallTime, entropy });
        expect(encodeCaliforniumStream(decodeCaliforniumStream(bytes))).toEqual(bytes);
        const part = bytes.subarray(0, cut % bytes.length);
        expect(() => decodeCaliforniumStream(part)).toThrow(
          expect.objectContaining({ code: "CALIFORNIUM_TRUNCATED" }),
        );
      }),
      { numRuns: 100 },
    );
  });

  it("without randoms and session id comes back without them", () => {
    fc.assert(
      fc.property(anyState, (full) => {
        const state = { ...full, clientRandom: zero, sessionId: new Uint8Array(0) };
        const again = (states: readonly ConnectionState[]): readonly ConnectionState[] => {
          const options = { version: 5, label, wallTime, entropy } as const;
          const { bytes } = writeCaliforniumState(states, options);
          return readCaliforniumState(bytes, { wallTime, role: full.role }).connections;
        };
        const [first = full] = again([state]);
        expect(first).toMatchObject({ clientRandom: zero, serverRandom: zero });
        expect(again([first])).toEqual([first]);
      }),
      { numRuns: 50 },
    );
  });
});

describe("any bytes", () => {
  it("are read or refused, and never anything else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        const start = Buffer.from("000a434f4d504f4e454e54530007646c733a2f2f6100", "hex");
        for (const bytes of [noise, Uint8Array.of(...start.subarray(0, 12), ...noise)]) {
          try {
            decodeCaliforniumStream(bytes, () => true);
          } catch (error) {
            expect(error).toMatchObject({ name: "CaliforniumStateError" });
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
