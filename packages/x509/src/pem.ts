import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import type { Credential } from "@dtls-cluster/dtls";
import { PemError } from "./errors.ts";
import { parseCertificate } from "./parsed-certificate.ts";

/** A credential with the private key that signs for it. */
export interface HeldCredential {
  readonly credential: Credential;
  readonly key: KeyObject;
}

const block = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;

/**
 * Reads a private key and what belongs to it: certificates, the own one first, or nothing or a public key for a raw
 * public key. @throws PemError with a sentence that begins with a verb
 */
export function readCredential(
  pem: string,
  serverNames: readonly string[] | undefined = undefined,
): HeldCredential {
  const blocks = blocksOf(pem);
  const keys = blocks.filter(({ label }) => label.endsWith("PRIVATE KEY"));
  const [keyBlock] = keys;
  if (keyBlock === undefined || keys.length > 1) {
    throw new PemError(`has ${keys.length} private keys, but must have exactly one`);
  }
  const key = attempt(
    () => createPrivateKey(keyBlock.text),
    "has a private key that does not parse",
  );
  const chain = certificatesOf(blocks);
  const publicKey = createPublicKey(key);
  const names = serverNames === undefined ? {} : { serverNames };
  const [own] = chain;
  if (own === undefined) {
    const spki = publicKey.export({ format: "der", type: "spki" });
    return { credential: { type: "raw-public-key", chain: [new Uint8Array(spki)], ...names }, key };
  }
  const parsed = parseCertificate(own);
  if (parsed === undefined || parsed.isWeak) {
    throw new PemError("has a certificate whose key or signature is too weak or unknown");
  }
  if (!parsed.x509.publicKey.equals(publicKey)) {
    throw new PemError("has a private key that does not belong to its first certificate");
  }
  return { credential: { type: "x509", chain, ...names }, key };
}

/** The certificates of a PEM text in DER. @throws PemError when there is none, or one that does not parse */
export function readTrust(pem: string): readonly Uint8Array[] {
  const trust = certificatesOf(blocksOf(pem));
  if (trust.length === 0) throw new PemError("has no certificate");
  return trust;
}

/** The public keys of a PEM text as SubjectPublicKeyInfo in DER; none is fine. @throws PemError when one does not parse */
export function readPublicKeys(pem: string): readonly Uint8Array[] {
  return blocksOf(pem)
    .filter(({ label }) => label === "PUBLIC KEY")
    .map(({ text }) => {
      const key = attempt(() => createPublicKey(text), "has a public key that does not parse");
      return new Uint8Array(key.export({ format: "der", type: "spki" }));
    });
}

interface Block {
  readonly label: string;
  readonly text: string;
}

function blocksOf(pem: string): readonly Block[] {
  return [...pem.matchAll(block)].map((match) => ({ label: match[1] ?? "", text: match[0] }));
}

function certificatesOf(blocks: readonly Block[]): readonly Uint8Array[] {
  return blocks
    .filter(({ label }) => label === "CERTIFICATE")
    .map(({ text }) => {
      const message = "has a certificate that does not parse";
      const der = new Uint8Array(attempt(() => new X509Certificate(text), message).raw);
      if (parseCertificate(der) === undefined) throw new PemError(message);
      return der;
    });
}

/** The cause is left out: node:crypto's texts may tell about a key. */
function attempt<T>(read: () => T, message: string): T {
  try {
    return read();
  } catch {
    throw new PemError(message);
  }
}
