import { createNodeCrypto } from "@dtls-cluster/crypto-node";
import { describe, expect, it } from "vitest";
import {
  cipherSuiteById,
  cipherSuiteByName,
  cipherSuites,
} from "../../src/crypto/cipher-suites.ts";
import {
  deriveKeyBlock,
  expandKeyBlock,
  masterSecret,
  pskPremasterSecret,
} from "../../src/crypto/key-schedule.ts";
import { prf } from "../../src/crypto/prf.ts";

const crypto = createNodeCrypto();
const unhex = (hex: string) => new Uint8Array(Buffer.from(hex.replace(/\s/g, ""), "hex"));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const counting = (from: number, length: number) => Uint8Array.from({ length }, (_, i) => from + i);

// Published on the TLS working group's mailing list with the TLS 1.2 PRF; label "test label".
describe("PRF of TLS 1.2, published vectors", () => {
  it("SHA-256", () => {
    const secret = unhex("9bbe436ba940f017b17652849a71db35");
    const seed = unhex("a0ba9f936cda311827a6f796ffd5198c");
    expect(hex(prf(crypto, "sha256", secret, "test label", seed, 100))).toBe(
      hex(
        unhex(`e3f229ba 727be17b 8d122620 557cd453 c2aab21d 07c3d495 329b52d4 e61edb5a
          6b301791 e90d35c9 c9a46b4e 14baf9af 0fa022f7 077def17 abfd3797 c0564bab
          4fbc9166 6e9def9b 97fce34f 796789ba a48082d1 22ee42c5 a72e5a51 10fff701 87347b66`),
      ),
    );
  });

  it("SHA-384", () => {
    const secret = unhex("b80b733d6ceefcdc71566ea48e5567df");
    const seed = unhex("cd665cf6a8447dd6ff8b27555edb7465");
    expect(hex(prf(crypto, "sha384", secret, "test label", seed, 148))).toBe(
      hex(
        unhex(`7b0c18e9 ced410ed 1804f2cf a34a336a 1c14dffb 4900bb5f d7942107 e81c83cd
          e9ca0faa 60be9fe3 4f82b123 3c9146a0 e534cb40 0fed2700 884f9dc2 36f80edd
          8bfa9611 44c9e8d7 92eca722 a7b32fc3 d416d473 ebc2c5fd 4abfdad0 5d918425
          9b5bf8cd 4d90fa0d 31e2dec4 79e4f1a2 6066f2ee a9a69236 a3e52655 c9e9aee6
          91c8f3a2 6854308d 5eaa3be8 5e099070 3d73e56f`),
      ),
    );
  });
});

describe("key block", () => {
  const suite = cipherSuiteByName("TLS_PSK_WITH_AES_128_CCM_8");
  const [master, server, client] = [counting(0, 48), counting(0x80, 32), counting(0x20, 32)];

  it("is split as RFC 5246 section 6.3 says, without MAC keys", () => {
    if (!suite) {
      throw new Error("suite is missing");
    }
    const keys = deriveKeyBlock(crypto, suite, master, client, server);
    expect(hex(keys.clientWriteKey)).toBe("c19ab805f36be540197aab1c99ebac00");
    expect(hex(keys.serverWriteKey)).toBe("376451e4b35ea2920695a213f007f446");
    expect(hex(keys.clientWriteIv)).toBe("85760b87");
    expect(hex(keys.serverWriteIv)).toBe("1eeab0b8");
  });

  it("can be expanded further, as the MAC of the cluster channel needs it", () => {
    const block = expandKeyBlock(crypto, "sha256", master, client, server, 72);
    expect(hex(block.subarray(36, 52))).toBe("1eeab0b83f94d886b917af92211965c1");
    expect(hex(block.subarray(52))).toBe("5bc70d6b54926f4062534092d222ad859437e0d0");
  });

  it("agrees with a recorded session", () => {
    const block = expandKeyBlock(
      crypto,
      "sha256",
      unhex(
        "c2889a3b0dbbf2b798a3bba84d8c7ffc307ac7e0d0e7bfb7366effae272b651524c58a9eff28fc2487287be9475a9afd",
      ),
      unhex("6b031fadf2b92ef1d3a03708bf0b05494bf908f144820c0ce4a3013d77a7cdc1"),
      unhex("6b031fadd400758db0cb4b8a1cbe09c33e9b585334ec57cb076abdba647600d0"),
      72,
    );
    expect(hex(block)).toBe(
      "9cb90f26e8d6f975d4b265e7f51dbae4c00ff9d97a456013bbedc38571aede6282f508bde0ae41efe5324308d11777dd01eadf08b8e9fc184f0c72ca71c239a9576a9e4bee11860a",
    );
  });
});

describe("premaster and master secret", () => {
  it("the premaster secret of a PSK is zeros of its length and the key (RFC 4279 section 2)", () => {
    expect(hex(pskPremasterSecret(unhex("0a0b0c")))).toBe("000300000000030a0b0c");
    const long = pskPremasterSecret(new Uint8Array(300));
    expect(hex(long.subarray(0, 2))).toBe("012c");
    expect(hex(long.subarray(302, 304))).toBe("012c");
    expect(long.length).toBe(604);
  });

  it("the master secret is the PRF over both randoms, 48 bytes", () => {
    const [premaster, client, server] = [counting(1, 20), counting(2, 32), counting(3, 32)];
    const seed = Uint8Array.of(...client, ...server);
    expect(masterSecret(crypto, "sha384", premaster, client, server)).toEqual(
      prf(crypto, "sha384", premaster, "master secret", seed, 48),
    );
  });
});

describe("table of cipher suites", () => {
  it("has each suite once, by number and by name, and cannot be changed", () => {
    for (const suite of cipherSuites) {
      expect(cipherSuiteById(suite.id)).toBe(suite);
      expect(cipherSuiteByName(suite.name)).toBe(suite);
      expect(Object.isFrozen(suite)).toBe(true);
      expect(suite.keyLength).toBe(/256|chacha/.test(suite.aead) ? 32 : 16);
      const key = crypto.aeadKey(suite.aead, new Uint8Array(suite.keyLength));
      expect(key.tagLength).toBe(suite.tagLength);
    }
    expect(Object.isFrozen(cipherSuites)).toBe(true);
    expect(cipherSuiteById(0x0000)).toBeUndefined();
  });

  it("has the numbers of RFC 5487, RFC 6655, RFC 5289, RFC 7251, RFC 7905 and RFC 8442", () => {
    const numbers = Object.fromEntries(cipherSuites.map(({ name, id }) => [name, id]));
    expect(numbers).toEqual({
      TLS_PSK_WITH_AES_128_GCM_SHA256: 0x00a8,
      TLS_PSK_WITH_AES_256_GCM_SHA384: 0x00a9,
      TLS_PSK_WITH_AES_128_CCM: 0xc0a4,
      TLS_PSK_WITH_AES_256_CCM: 0xc0a5,
      TLS_PSK_WITH_AES_128_CCM_8: 0xc0a8,
      TLS_PSK_WITH_AES_256_CCM_8: 0xc0a9,
      TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 0xc02b,
      TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 0xc02c,
      TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 0xcca9,
      TLS_ECDHE_ECDSA_WITH_AES_128_CCM: 0xc0ac,
      TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8: 0xc0ae,
      TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256: 0xd001,
      TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384: 0xd002,
      TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256: 0xccac,
      TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256: 0xd003,
    });
  });
});
