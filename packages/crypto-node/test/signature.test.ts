import { forgeCertificate } from "@dtls-cluster/testkit";
import { describe, expect, it } from "vitest";
import { createNodeCrypto, signHandshake } from "../src/index.ts";

const crypto = createNodeCrypto();
const data = new TextEncoder().encode("the messages so far");
const pairs = [
  ["P-256", "ecdsa_secp256r1_sha256", "secp256r1"],
  ["P-256", "ecdsa_secp384r1_sha384", "secp256r1"],
  ["P-384", "ecdsa_secp384r1_sha384", "secp384r1"],
  ["P-384", "ecdsa_secp256r1_sha256", "secp384r1"],
  ["ed25519", "ed25519", "ed25519"],
  ["rsa", "rsa_pkcs1_sha256", "rsa"],
  ["rsa", "rsa_pss_rsae_sha256", "rsa"],
] as const;

describe.each(pairs)("a key of %s with %s", (keyType, scheme, algorithm) => {
  const certificate = forgeCertificate({ name: "signer", keyType });
  const forms = [
    ["x509", certificate.der],
    ["raw-public-key", certificate.publicKeyDer],
  ] as const;

  it.each(forms)("verifies its own signature, from %s", (type, der) => {
    const key = crypto.publicKey(type, der);
    const signature = signHandshake(certificate.key, scheme, data);
    expect(key?.algorithm).toBe(algorithm);
    expect(key?.verify(scheme, data, signature)).toBe(true);
    expect(key?.verify(scheme, data.slice(1), signature)).toBe(false);
    expect(key?.verify(scheme, data, signature.slice(1))).toBe(false);
    expect(key?.verify(scheme, data, new Uint8Array(0))).toBe(false);
    const other = forgeCertificate({ name: "signer", keyType });
    expect(key?.verify(scheme, data, signHandshake(other.key, scheme, data))).toBe(false);
  });
});

describe("schemes that do not fit", () => {
  it("verify nothing, and sign nothing", () => {
    const { key, der } = forgeCertificate({ name: "ec" });
    const signature = signHandshake(key, "ecdsa_secp256r1_sha256", data);
    for (const scheme of ["ed25519", "rsa_pkcs1_sha256", "ecdsa_secp384r1_sha384"] as const) {
      expect(crypto.publicKey("x509", der)?.verify(scheme, data, signature)).toBe(false);
    }
    expect(() => signHandshake(key, "ed25519", data)).toThrow(/cannot sign ed25519/);
  });
});

describe("what is no acceptable key", () => {
  const { der, publicKeyDer, certificatePem } = forgeCertificate({ name: "good" });

  it.each([
    ["secp256k1", { keyType: "secp256k1" }],
    ["RSA of 1024 bits", { keyType: "rsa", modulusLength: 1024 }],
  ] as const)("%s", (_name, options) => {
    const weak = forgeCertificate({ name: "weak", ...options });
    expect(crypto.publicKey("x509", weak.der)).toBeUndefined();
    expect(crypto.publicKey("raw-public-key", weak.publicKeyDer)).toBeUndefined();
  });

  it("nothing, noise, pieces, more than the structure, PEM text, the other type", () => {
    const text = new TextEncoder().encode(certificatePem);
    for (const [type, good] of [
      ["x509", der],
      ["raw-public-key", publicKeyDer],
    ] as const) {
      const bad = [
        new Uint8Array(0),
        Uint8Array.of(0x30, 0x80),
        good.slice(0, -1),
        Uint8Array.of(...good, 0),
        text,
        type === "x509" ? publicKeyDer : der,
      ];
      for (const bytes of bad) expect(crypto.publicKey(type, bytes)).toBeUndefined();
    }
  });
});
