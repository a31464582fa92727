import { forgeCertificate } from "@dtls-cluster/testkit";
import { describe, expect, it } from "vitest";
import { PemError, readCredential, readPublicKeys, readTrust } from "../src/index.ts";

const issuer = forgeCertificate({ name: "authority" });
const own = forgeCertificate({ name: "own", issuer });
const publicPem = `-----BEGIN PUBLIC KEY-----\n${Buffer.from(own.publicKeyDer).toString("base64")}\n-----END PUBLIC KEY-----\n`;

describe("a credential", () => {
  it("has its chain, the key anywhere in the text", () => {
    const chain = [own.der, issuer.der];
    const texts = [
      own.keyPem + own.certificatePem + issuer.certificatePem,
      `a comment\n${own.certificatePem}${issuer.certificatePem}${own.keyPem}`,
    ];
    for (const text of texts) {
      const { credential, key } = readCredential(text, ["own.example"]);
      expect(credential).toEqual({ type: "x509", chain, serverNames: ["own.example"] });
      expect(key.equals(own.key)).toBe(true);
    }
  });

  it("without certificate is a raw public key", () => {
    const { credential } = readCredential(own.keyPem);
    expect(credential).toEqual({ type: "raw-public-key", chain: [own.publicKeyDer] });
  });

  it.each([
    ["nothing", "", /has 0 private keys/],
    ["a certificate alone", own.certificatePem, /has 0 private keys/],
    ["two keys", own.keyPem + issuer.keyPem, /has 2 private keys/],
    ["another's certificate", own.keyPem + issuer.certificatePem, /does not belong/],
    [
      "a broken key",
      own.keyPem.replace(/^.{10}/m, "-----BEGIN").replace("MI", "AA"),
      /private key/,
    ],
  ] as const)("of %s is refused without showing the text", (_name, text, message) => {
    expect(() => readCredential(text)).toThrow(message);
    expect(() => readCredential(text)).toThrow(PemError);
  });
});

it("trust is every certificate of a text, and public keys are apart", () => {
  const text = own.certificatePem + publicPem + issuer.certificatePem;
  expect(readTrust(text)).toEqual([own.der, issuer.der]);
  expect(readPublicKeys(text)).toEqual([own.publicKeyDer]);
  expect(() => readTrust(publicPem)).toThrow("has no certificate");
  expect(() => readTrust(own.certificatePem.replace(/[A-Z]{2}/g, "QQ"))).toThrow(PemError);
});

it("errors have a stable name and code", () => {
  expect(new PemError("x")).toMatchObject({ name: "PemError", code: "X509_PEM" });
});
