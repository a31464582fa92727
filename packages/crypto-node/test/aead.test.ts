import { type CipherCCMTypes, createCipheriv } from "node:crypto";
import type { AeadKey, AeadName } from "@dtls-cluster/dtls";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNodeCrypto } from "../src/index.ts";

const names: readonly AeadName[] = [
  "aes-128-ccm-8",
  "aes-256-ccm-8",
  "aes-128-ccm",
  "aes-256-ccm",
  "aes-128-gcm",
  "aes-256-gcm",
  "chacha20-poly1305",
];

/** What node:crypto makes of it, straight from its documentation. */
function reference(
  name: AeadName,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  text: Uint8Array,
): Uint8Array {
  const authTagLength = name.endsWith("-8") ? 8 : 16;
  const algorithm = name.replace(/-8$/, "");
  const cipher = createCipheriv(algorithm as CipherCCMTypes, key, nonce, { authTagLength });
  cipher.setAAD(aad, { plaintextLength: text.length });
  const body = cipher.update(text);
  cipher.final();
  return new Uint8Array(Buffer.concat([body, cipher.getAuthTag()]));
}

function sealed(key: AeadKey, nonce: Uint8Array, aad: Uint8Array, text: Uint8Array): Uint8Array {
  const target = new Uint8Array(text.length + key.tagLength);
  key.seal(nonce, aad, text, 0, text.length, target, 0);
  return target;
}

function opened(
  key: AeadKey,
  nonce: Uint8Array,
  aad: Uint8Array,
  bytes: Uint8Array,
): Uint8Array | undefined {
  const target = new Uint8Array(Math.max(0, bytes.length - key.tagLength));
  return key.open(nonce, aad, bytes, 0, bytes.length, target, 0) ? target : undefined;
}

/** Uses the key until it has earned its native objects. */
function warmed(key: AeadKey): AeadKey {
  for (let i = 0; i < 20; i++) {
    sealed(key, bytes(12, i), bytes(5, i), bytes(i, i));
  }
  return key;
}

function bytes(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17 + 7) & 0xff);
}

function keyLength(name: AeadName): number {
  return /256|chacha/.test(name) ? 32 : 16;
}

const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const record = (maxLength: number) =>
  fc.record({
    key: exactly(32),
    nonce: exactly(12),
    aad: fc.uint8Array({ maxLength: 60 }),
    text: fc.uint8Array({ maxLength }),
  });

describe.each(names)("%s", (name) => {
  const forms = [
    ["cold", (key: Uint8Array) => createNodeCrypto({ hotKeys: 0 }).aeadKey(name, key)],
    ["hot", (key: Uint8Array) => warmed(createNodeCrypto().aeadKey(name, key))],
  ] as const;

  describe.each(forms)("%s", (_, create) => {
    it("seals and opens as node:crypto does, for any record", () => {
      fc.assert(
        fc.property(record(1400), ({ key, nonce, aad, text }) => {
          const raw = key.subarray(0, keyLength(name));
          const aeadKey = create(raw);
          const expected = reference(name, raw, nonce, aad, text);
          expect(sealed(aeadKey, nonce, aad, text)).toEqual(expected);
          expect(opened(aeadKey, nonce, aad, expected)).toEqual(text);
        }),
        { numRuns: 150 },
      );
    });

    it("seals and opens for every length of additional data and around every block boundary", () => {
      const raw = bytes(keyLength(name), 1);
      const key = create(raw);
      for (let aadLength = 0; aadLength <= 60; aadLength++) {
        for (const length of [0, 1, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65]) {
          const nonce = bytes(12, aadLength);
          const aad = bytes(aadLength, length);
          const text = bytes(length, aadLength);
          const expected = reference(name, raw, nonce, aad, text);
          expect(sealed(key, nonce, aad, text)).toEqual(expected);
          expect(opened(key, nonce, aad, expected)).toEqual(text);
        }
      }
    });

    it("opens nothing in which a single bit differs, and leaves the target alone", () => {
      const raw = bytes(keyLength(name), 2);
      const key = create(raw);
      const [nonce, aad, text] = [bytes(12, 3), bytes(29, 4), bytes(37, 5)];
      const good = reference(name, raw, nonce, aad, text);
      const target = new Uint8Array(text.length);
      for (const [part, other] of [
        [good, (bad: Uint8Array) => key.open(nonce, aad, bad, 0, bad.length, target, 0)],
        [nonce, (bad: Uint8Array) => key.open(bad, aad, good, 0, good.length, target, 0)],
        [aad, (bad: Uint8Array) => key.open(nonce, bad, good, 0, good.length, target, 0)],
      ] as const) {
        for (let bit = 0; bit < part.length * 8; bit++) {
          const bad = part.slice();
          bad[bit >>> 3] = (bad[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
          expect(other(bad)).toBe(false);
        }
      }
      expect(target).toEqual(new Uint8Array(text.length));
      expect(opened(key, nonce, aad, good)).toEqual(text);
    });

    it("opens nothing that was cut or prolonged", () => {
      const raw = bytes(keyLength(name), 6);
      const key = create(raw);
      const [nonce, aad, text] = [bytes(12, 7), bytes(13, 8), bytes(20, 9)];
      const good = reference(name, raw, nonce, aad, text);
      for (let length = 0; length < good.length; length++) {
        expect(opened(key, nonce, aad, good.subarray(0, length))).toBeUndefined();
      }
      expect(opened(key, nonce, aad, Uint8Array.of(...good, 0))).toBeUndefined();
      expect(opened(key, nonce, aad, new Uint8Array(key.tagLength))).toBeUndefined();
    });

    it("works in place and at offsets", () => {
      const raw = bytes(keyLength(name), 10);
      const key = create(raw);
      const [nonce, aad, text] = [bytes(12, 11), bytes(29, 12), bytes(600, 13)];
      for (const length of [1, 40, 600]) {
        const plain = text.subarray(0, length);
        const buffer = new Uint8Array(length + 30);
        buffer.set(plain, 7);
        key.seal(nonce, aad, buffer, 7, 7 + length, buffer, 7);
        const end = 7 + length + key.tagLength;
        expect(buffer.slice(7, end)).toEqual(reference(name, raw, nonce, aad, plain));
        expect(key.open(nonce, aad, buffer, 7, end, buffer, 7)).toBe(true);
        expect(buffer.slice(7, 7 + length)).toEqual(plain);
      }
    });
  });

  it("does not depend on the bytes it was created from", () => {
    const raw = bytes(keyLength(name), 14);
    const expected = reference(name, raw, bytes(12, 1), bytes(13, 1), bytes(40, 1));
    const copy = raw.slice();
    const key = createNodeCrypto().aeadKey(name, copy);
    copy.fill(0);
    expect(sealed(key, bytes(12, 1), bytes(13, 1), bytes(40, 1))).toEqual(expected);
  });

  it("refuses keys and nonces of a wrong length, and everything once destroyed", () => {
    const crypto = createNodeCrypto();
    expect(() => crypto.aeadKey(name, bytes(keyLength(name) - 1, 0))).toThrow(RangeError);
    const key = warmed(crypto.aeadKey(name, bytes(keyLength(name), 0)));
    expect(() => sealed(key, bytes(11, 0), bytes(13, 0), bytes(5, 0))).toThrow(RangeError);
    key.destroy();
    expect(() => sealed(key, bytes(12, 0), bytes(13, 0), bytes(5, 0))).toThrow("destroyed");
    expect(() => opened(key, bytes(12, 0), bytes(13, 0), bytes(50, 0))).toThrow("destroyed");
  });
});

describe.each(names)("%s with nonces that count up", (name) => {
  /** The nonce of 4 fixed bytes and a 64-bit number. */
  function numbered(number: bigint): Uint8Array {
    const nonce = new Uint8Array(12).fill(0xee);
    new DataView(nonce.buffer).setBigUint64(4, BigInt.asUintN(64, number));
    return nonce;
  }

  it("stays right, with jumps, repetitions, forgeries and changing lengths in between", () => {
    const raw = bytes(keyLength(name), 15);
    const starts = [0n, 0xfen, 0xfff0n, 0xfffffff8n, 0x1fffffff8n, 0x0001fffffffffff8n, -5n];
    const step = fc.record({
      jump: fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, fc.constantFrom(0, 2, 5, -1, 300)),
      length: fc.oneof(fc.nat(50), fc.constantFrom(0, 48, 49, 200, 470, 600)),
      forge: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, fc.constant(true)),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...starts),
        fc.array(step, { minLength: 1, maxLength: 60 }),
        (start, steps) => {
          const crypto = createNodeCrypto();
          const writer = warmed(crypto.aeadKey(name, raw));
          const reader = warmed(crypto.aeadKey(name, raw));
          let number = start;
          for (const { jump, length, forge } of steps) {
            number += BigInt(jump);
            const nonce = numbered(number);
            const [aad, text] = [bytes(29, length), bytes(length, jump)];
            const expected = reference(name, raw, nonce, aad, text);
            expect(sealed(writer, nonce, aad, text)).toEqual(expected);
            if (forge) {
              const forged = expected.slice();
              forged[length] = (forged[length] ?? 0) ^ 1;
              expect(opened(reader, nonce, aad, forged)).toBeUndefined();
            }
            expect(opened(reader, nonce, aad, expected)).toEqual(text);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  // What was computed ahead belongs to one nonce: another that shares a part with it must not be given it.
  it.each([
    ["in its upper half", [0n, 1n, 2n, 2n ** 32n + 3n, 2n ** 32n + 4n]],
    ["behind a carry", [0xfffffffen, 0xffffffffn, 0n, 1n, 2n ** 32n, 2n ** 32n + 1n]],
    ["at the wrap of 64 bits", [-2n, -1n, 0n, 1n, 2n]],
  ])("stays right when the number differs from the expected one %s", (_, numbers) => {
    const raw = bytes(keyLength(name), 16);
    const key = warmed(createNodeCrypto().aeadKey(name, raw));
    for (const fixed of [0xee, 0xef]) {
      for (const number of numbers) {
        const nonce = numbered(number);
        nonce[0] = fixed;
        const expected = reference(name, raw, nonce, bytes(29, 1), bytes(40, 2));
        expect(sealed(key, nonce, bytes(29, 1), bytes(40, 2))).toEqual(expected);
      }
    }
  });

  it("stays right when only the fixed part changes", () => {
    const raw = bytes(keyLength(name), 17);
    const key = warmed(createNodeCrypto().aeadKey(name, raw));
    for (let number = 0; number < 12; number++) {
      const nonce = numbered(BigInt(number));
      nonce[number % 4] = number >= 4 && number % 2 ? 1 : 0xee;
      const expected = reference(name, raw, nonce, bytes(29, 1), bytes(40, 2));
      expect(sealed(key, nonce, bytes(29, 1), bytes(40, 2))).toEqual(expected);
    }
  });
});

describe("many keys in a small cache", () => {
  it("stays right while keys come, go and are destroyed", () => {
    const crypto = createNodeCrypto({ hotKeys: 3 });
    const create = (raw: Uint8Array) => ({ raw, key: crypto.aeadKey("aes-128-ccm-8", raw) });
    const pool = Array.from({ length: 8 }, (_, i) => create(bytes(16, i)));
    let turn = 0;
    fc.assert(
      fc.property(fc.nat(7), fc.nat(30), fc.nat(9), fc.nat(80), (at, uses, fate, length) => {
        for (let i = 0; i < uses; i++) {
          const entry = pool[at] ?? create(bytes(16, at));
          const [nonce, aad, text] = [bytes(12, turn), bytes(29, turn), bytes(length, turn++)];
          const expected = reference("aes-128-ccm-8", entry.raw, nonce, aad, text);
          expect(sealed(entry.key, nonce, aad, text)).toEqual(expected);
          expect(opened(entry.key, nonce, aad, expected)).toEqual(text);
          expected[0] = (expected[0] ?? 0) ^ 1;
          expect(opened(entry.key, nonce, aad, expected)).toBeUndefined();
        }
        if (fate === 0) {
          pool[at]?.key.destroy();
          pool[at] = create(bytes(16, turn));
        }
      }),
      { numRuns: 150 },
    );
  });

  it("refuses a size that makes no sense", () => {
    expect(() => createNodeCrypto({ hotKeys: -1 })).toThrow(RangeError);
    expect(() => createNodeCrypto({ hotKeys: 1.5 })).toThrow(RangeError);
  });
});

it("leaves the stack trace limit of the process as it was", () => {
  const before = Error.stackTraceLimit;
  const key = createNodeCrypto().aeadKey("aes-128-gcm", bytes(16, 0));
  expect(opened(key, bytes(12, 0), bytes(13, 0), bytes(40, 0))).toBeUndefined();
  expect(Error.stackTraceLimit).toBe(before);
});
