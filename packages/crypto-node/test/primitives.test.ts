import { createHash, createHmac } from "node:crypto";
import type { HashName } from "@dtls-cluster/dtls";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHmacKey, createNodeCrypto, createNodeEntropy } from "../src/index.ts";

const crypto = createNodeCrypto();
const hashes: readonly HashName[] = ["sha256", "sha384"];

describe.each(hashes)("%s", (name) => {
  it("hashes as node:crypto does", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        const expected = createHash(name).update(data).digest("hex");
        expect(Buffer.from(crypto.hash(name, data)).toString("hex")).toBe(expected);
      }),
    );
  });

  it("makes the HMAC that node:crypto makes, for short and long keys and data", () => {
    const data = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ minLength: 1000, maxLength: 1100 }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), data, (key, text) => {
        const expected = createHmac(name, key).update(text).digest("hex");
        expect(Buffer.from(crypto.hmac(name, key, text)).toString("hex")).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });
});

it.each(hashes)(
  "makes the %s HMACs of node:crypto one after the other under a key that it keeps",
  (name) => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 2, maxLength: 4 }),
        (key, texts) => {
          const hmac = createHmacKey(name, key);
          for (const text of texts) {
            const expected = createHmac(name, key).update(text).digest("hex");
            expect(Buffer.from(hmac(text)).toString("hex")).toBe(expected);
          }
        },
      ),
    );
  },
);

it("makes the HMAC of RFC 4231 test case 2", () => {
  const text = (value: string) => new Uint8Array(Buffer.from(value));
  expect(
    Buffer.from(crypto.hmac("sha256", text("Jefe"), text("what do ya want for nothing?"))).toString(
      "hex",
    ),
  ).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
});

describe("equal", () => {
  it("compares contents, and lengths without throwing", () => {
    expect(crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(crypto.equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3))).toBe(false);
    expect(crypto.equal(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });
});

describe("entropy", () => {
  it("fills targets of every size, across the ends of its blocks, and repeats nothing", () => {
    const entropy = createNodeEntropy();
    const seen = new Set<string>();
    let drawn = 0;
    for (const size of [16, 8192, 17, 4096, 8193, 100, 65_537, 8000, 193, 16]) {
      const target = new Uint8Array(size);
      entropy.fill(target);
      for (let at = 0; at + 16 <= size; at += 16) {
        seen.add(Buffer.from(target.subarray(at, at + 16)).toString("hex"));
        drawn++;
      }
    }
    for (let i = 0; i < 3000; i++) {
      const target = new Uint8Array(16);
      entropy.fill(target);
      seen.add(Buffer.from(target).toString("hex"));
      drawn++;
    }
    expect(seen.size).toBe(drawn);
    expect(seen.has("0".repeat(32))).toBe(false);
  });

  it("takes an empty target", () => {
    expect(() => createNodeEntropy().fill(new Uint8Array(0))).not.toThrow();
  });
});
