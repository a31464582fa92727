import { createPublicKey } from "node:crypto";
import { isIP } from "node:net";
import type { CertificateVerdict, PeerCertificate } from "@dtls-cluster/dtls";
import { type ParsedCertificate, parseCertificate } from "./parsed-certificate.ts";
import { findPath, type Refusal, refuse } from "./path-builder.ts";

export interface VerifierOptions {
  /** What the peers are: servers have the purpose serverAuth and a name, clients the purpose clientAuth. */
  readonly peers: "servers" | "clients";
  /** DER of certificates: authorities, or peers' own ones. Default: none, so that no X.509 peer is accepted. */
  readonly trust?: readonly Uint8Array[];
  /** DER of the SubjectPublicKeyInfo of each accepted raw public key. Default: none. */
  readonly publicKeys?: readonly Uint8Array[];
  /** Accepts servers of any name. Only for private authorities that issue for nobody else. Default: false. */
  readonly acceptsAnyName?: boolean;
}

/** Answers an endpoint's event "peer-certificate". Keeps nothing between two calls. */
export interface CertificateVerifier {
  /**
   * @param name host name or IP address that a server has to have.
   * @param now wall-clock milliseconds since 1970.
   */
  judge(certificate: PeerCertificate, name: string | undefined, now: number): CertificateVerdict;
}

const anyPurpose = "2.5.29.37.0";
const purposeOf = { servers: "1.3.6.1.5.5.7.3.1", clients: "1.3.6.1.5.5.7.3.2" } as const;

/** @throws TypeError for a certificate or public key in the options that does not parse. */
export function createCertificateVerifier(options: VerifierOptions): CertificateVerifier {
  const anchors = (options.trust ?? []).map((der, index) => {
    const parsed = parseCertificate(der);
    if (parsed !== undefined) return parsed;
    throw new TypeError(`trust[${index}] is no certificate in DER`);
  });
  const publicKeys = (options.publicKeys ?? []).map((der) => Buffer.from(der));
  for (const key of publicKeys) createPublicKey({ key, format: "der", type: "spki" });
  return {
    judge({ type, chain }, name, now) {
      const [own] = chain;
      if (own === undefined) return refuse("DTLS_BAD_CERTIFICATE", "it is empty");
      if (type === "raw-public-key") {
        const isKnown = publicKeys.some((key) => key.equals(own));
        return isKnown ? "accepted" : refuse("DTLS_CERTIFICATE_UNKNOWN", "the key is not known");
      }
      const refusal = judgeChain(chain, anchors, now) ?? judgeUse(own, name, options);
      return refusal ?? "accepted";
    },
  };
}

function judgeChain(
  chain: readonly Uint8Array[],
  anchors: readonly ParsedCertificate[],
  now: number,
): Refusal | undefined {
  const [own, ...others] = chain.map(parseCertificate);
  if (own === undefined) return refuse("DTLS_BAD_CERTIFICATE", "it does not parse");
  const sent = others.filter((one) => one !== undefined);
  if (sent.length < others.length) {
    return refuse("DTLS_BAD_CERTIFICATE", "a certificate of the chain does not parse");
  }
  return findPath(own, sent, anchors, now);
}

function judgeUse(
  der: Uint8Array,
  name: string | undefined,
  { peers, acceptsAnyName }: VerifierOptions,
): Refusal | undefined {
  const own = parseCertificate(der);
  if (own === undefined) return refuse("DTLS_BAD_CERTIFICATE", "it does not parse");
  if (own.keyUsage?.signs === false) {
    return refuse("DTLS_UNSUPPORTED_CERTIFICATE", "its key may not sign handshakes");
  }
  const { purposes } = own;
  if (purposes && !purposes.includes(purposeOf[peers]) && !purposes.includes(anyPurpose)) {
    return refuse("DTLS_UNSUPPORTED_CERTIFICATE", `it is not for ${peers}`);
  }
  if (peers === "clients" || acceptsAnyName === true) return undefined;
  if (name === undefined) return refuse("DTLS_BAD_CERTIFICATE", "no name was asked for");
  const { x509 } = own;
  // Names in the subject are not names of hosts any more (RFC 9525 section 6.3).
  const found = isIP(name) === 0 ? x509.checkHost(name, { subject: "never" }) : x509.checkIP(name);
  return found === undefined ? refuse("DTLS_BAD_CERTIFICATE", `it is not of ${name}`) : undefined;
}
