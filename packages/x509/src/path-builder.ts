import type { CertificateVerdict } from "@dtls-cluster/dtls";
import type { ParsedCertificate } from "./parsed-certificate.ts";

export type Refusal = Exclude<CertificateVerdict, "accepted">;

/** Certificates in a path, the peer's own and the anchor included. */
const LONGEST_PATH = 10;
/** Signatures verified for one chain: names that occur many times must not cost more than that. */
const MOST_SIGNATURES = 64;

/**
 * Looks for a path from `own` to an anchor (RFC 5280 section 6): each certificate issued and signed by the next one, which
 * is an authority, may sign certificates, is valid now and has no more authorities below it than it allows. What the peer
 * sent may come in any order and contain more than needed.
 * @returns undefined when there is a path, else the reason that came closest.
 */
export function findPath(
  own: ParsedCertificate,
  sent: readonly ParsedCertificate[],
  anchors: readonly ParsedCertificate[],
  now: number,
): Refusal | undefined {
  const search: Search = { sent, anchors, now, signatures: 0 };
  const refusal = checkItself(own, now);
  if (refusal !== undefined) return refusal;
  // Whoever puts a certificate itself among the anchors trusts it without further proof.
  if (anchors.some((anchor) => isSame(anchor, own))) return undefined;
  return extend(search, [own]);
}

/** What any certificate of a path has to be. */
export function checkItself(
  { x509, isWeak, hasUnknownCritical }: ParsedCertificate,
  now: number,
): Refusal | undefined {
  const { validFromDate, validToDate } = x509;
  if (now < validFromDate.getTime()) {
    return refuse(
      "DTLS_CERTIFICATE_EXPIRED",
      `it is not valid before ${validFromDate.toISOString()}`,
    );
  }
  if (now > validToDate.getTime()) {
    return refuse("DTLS_CERTIFICATE_EXPIRED", `it expired at ${validToDate.toISOString()}`);
  }
  if (isWeak) return refuse("DTLS_UNSUPPORTED_CERTIFICATE", "its key or signature is weak");
  if (hasUnknownCritical) {
    return refuse(
      "DTLS_UNSUPPORTED_CERTIFICATE",
      "it has a critical extension that is unknown here",
    );
  }
  return undefined;
}

export function refuse(code: Refusal["code"], reason: string): Refusal {
  return { code, reason };
}

interface Search {
  readonly sent: readonly ParsedCertificate[];
  readonly anchors: readonly ParsedCertificate[];
  readonly now: number;
  signatures: number;
}

function extend(search: Search, path: readonly ParsedCertificate[]): Refusal | undefined {
  const last = path.at(-1);
  if (last === undefined) return refuse("DTLS_BAD_CERTIFICATE", "the chain is empty");
  let closest: Refusal | undefined;
  for (const [candidates, isAnchor] of [
    [search.anchors, true],
    [search.sent, false],
  ] as const) {
    for (const issuer of candidates) {
      if (path.some((one) => isSame(one, issuer)) || !last.x509.checkIssued(issuer.x509)) continue;
      const refusal =
        checkIssuer(search, path, last, issuer) ??
        (isAnchor ? undefined : extend(search, [...path, issuer]));
      if (refusal === undefined) return undefined;
      closest ??= refusal;
    }
  }
  return closest ?? refuse("DTLS_UNKNOWN_CA", "its issuer is not among the trusted authorities");
}

function checkIssuer(
  search: Search,
  path: readonly ParsedCertificate[],
  issued: ParsedCertificate,
  issuer: ParsedCertificate,
): Refusal | undefined {
  if (path.length >= LONGEST_PATH || ++search.signatures > MOST_SIGNATURES) {
    return refuse("DTLS_UNKNOWN_CA", "the path to a trusted authority is too long");
  }
  if (!issued.x509.verify(issuer.x509.publicKey)) {
    return refuse("DTLS_BAD_CERTIFICATE", "the signature of its issuer does not match");
  }
  const refusal = checkItself(issuer, search.now);
  if (refusal !== undefined) return refuse(refusal.code, `of its issuer: ${refusal.reason}`);
  if (!issuer.isAuthority || issuer.keyUsage?.signsCertificates === false) {
    return refuse("DTLS_BAD_CERTIFICATE", "its issuer may not issue certificates");
  }
  // Authorities below, the peer's own certificate not counted (RFC 5280 section 4.2.1.9).
  const below = path.slice(1).filter(({ x509 }) => x509.subject !== x509.issuer).length;
  if (issuer.pathLength !== undefined && below > issuer.pathLength) {
    return refuse(
      "DTLS_BAD_CERTIFICATE",
      "there are more authorities below its issuer than allowed",
    );
  }
  return undefined;
}

function isSame(a: ParsedCertificate, b: ParsedCertificate): boolean {
  return a.x509.raw.equals(b.x509.raw);
}
