import { createECDH, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createNodeCrypto } from "../src/index.ts";

const crypto = createNodeCrypto();
const groups = ["x25519", "secp256r1", "secp384r1"] as const;

describe.each(groups)("%s", (group) => {
  const lengths = { x25519: 32, secp256r1: 65, secp384r1: 97 };

  it("gives both sides one secret, and other sides another", () => {
    const [one, two, three] = [0, 1, 2].map(() => crypto.keyAgreement(group));
    if (!one || !two || !three) throw new Error("no keys");
    expect(one.publicKey).toHaveLength(lengths[group]);
    const secret = one.agree(two.publicKey);
    expect(secret?.length).toBeGreaterThanOrEqual(32);
    expect(two.agree(one.publicKey)).toEqual(secret);
    expect(three.agree(one.publicKey)).not.toEqual(secret);
  });

  it("keeps no private key for a second use", () => {
    const own = crypto.keyAgreement(group);
    own.agree(crypto.keyAgreement(group).publicKey);
    expect(() => own.agree(crypto.keyAgreement(group).publicKey)).toThrow(/used already/);
  });

  it("refuses what has a wrong length", () => {
    const peer = crypto.keyAgreement(group).publicKey;
    for (const wrong of [new Uint8Array(0), peer.slice(1), Uint8Array.of(...peer, 0)]) {
      expect(crypto.keyAgreement(group).agree(wrong)).toBeUndefined();
    }
  });
});

describe.each(["secp256r1", "secp384r1"] as const)(
  "points of %s (RFC 8422 section 5.11)",
  (group) => {
    const refused = (point: Uint8Array) => {
      expect(crypto.keyAgreement(group).agree(point)).toBeUndefined();
    };

    it("off the curve, at infinity, of another curve, of zeros", () => {
      const point = crypto.keyAgreement(group).publicKey;
      const off = new Uint8Array(point);
      off[off.length - 1] = (off.at(-1) ?? 0) ^ 1;
      refused(off);
      refused(Uint8Array.of(0));
      refused(new Uint8Array(point.length));
      refused(Uint8Array.of(4, ...new Uint8Array(point.length - 1)));
      refused(Uint8Array.of(4, ...new Uint8Array(point.length - 1).fill(0xff)));
    });

    it("in compressed and hybrid form", () => {
      const ecdh = createECDH(group === "secp256r1" ? "prime256v1" : "secp384r1");
      ecdh.generateKeys();
      refused(new Uint8Array(ecdh.getPublicKey(null, "compressed")));
      refused(new Uint8Array(ecdh.getPublicKey(null, "hybrid")));
    });
  },
);

describe("x25519", () => {
  it("has the secret of RFC 7748 section 6.1 with node:crypto's own keys", () => {
    const spki = generateKeyPairSync("x25519").publicKey.export({ format: "der", type: "spki" });
    expect(crypto.keyAgreement("x25519").agree(new Uint8Array(spki.subarray(12)))).toHaveLength(32);
  });

  it("refuses points of small order, whose secret is zero (RFC 7748 section 6.1)", () => {
    const smallOrder = [
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    for (const hex of smallOrder) {
      const point = new Uint8Array(Buffer.from(hex, "hex"));
      expect(crypto.keyAgreement("x25519").agree(point)).toBeUndefined();
    }
  });
});
