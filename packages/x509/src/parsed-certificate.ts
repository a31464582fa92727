import { type KeyObject, X509Certificate } from "node:crypto";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  type Extension,
  KeyUsage,
  KeyUsageFlags,
} from "@peculiar/asn1-x509";

/** What a chain is judged by: node:crypto's view, and the extensions that it does not tell. */
export interface ParsedCertificate {
  readonly x509: X509Certificate;
  readonly isAuthority: boolean;
  /** Authorities that may stand below this one; undefined for any number. */
  readonly pathLength: number | undefined;
  /** Undefined when the key may be used for anything. */
  readonly keyUsage: { readonly signs: boolean; readonly signsCertificates: boolean } | undefined;
  /** Object identifiers; undefined when there is no restriction. */
  readonly purposes: readonly string[] | undefined;
  /** Critical extensions that nobody here understands: the certificate must be refused (RFC 5280 section 4.2). */
  readonly hasUnknownCritical: boolean;
  readonly isWeak: boolean;
}

const extensionIds = {
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  extendedKeyUsage: "2.5.29.37",
} as const;

/** Names are checked by node:crypto; name constraints and policies are not, so that critical ones are refused. */
const understood: readonly string[] = Object.values(extensionIds);

/** ECDSA and RSA with SHA-256 or longer, RSASSA-PSS, Ed25519. */
const acceptedSignatures: readonly string[] = [
  "1.2.840.10045.4.3.2",
  "1.2.840.10045.4.3.3",
  "1.2.840.10045.4.3.4",
  "1.2.840.113549.1.1.10",
  "1.2.840.113549.1.1.11",
  "1.2.840.113549.1.1.12",
  "1.2.840.113549.1.1.13",
  "1.3.101.112",
];
const acceptedCurves: readonly (string | undefined)[] = ["prime256v1", "secp384r1", "secp521r1"];

/** Undefined for what is not exactly one certificate in DER. */
export function parseCertificate(der: Uint8Array): ParsedCertificate | undefined {
  try {
    // node:crypto would take PEM text, too, and let bytes behind the structure pass.
    const x509 = new X509Certificate(der);
    if (der[0] !== 0x30 || x509.raw.length !== der.length) return undefined;
    const { tbsCertificate, signatureAlgorithm } = AsnConvert.parse(der, Certificate);
    const extensions = tbsCertificate.extensions ?? [];
    const constraints = decode(extensions, extensionIds.basicConstraints, BasicConstraints);
    const usage = decode(extensions, extensionIds.keyUsage, KeyUsage)?.toNumber();
    const purposes = decode(extensions, extensionIds.extendedKeyUsage, ExtendedKeyUsage);
    return {
      x509,
      isAuthority: constraints?.cA === true,
      pathLength: constraints?.pathLenConstraint,
      keyUsage: usage === undefined ? undefined : readUsage(usage),
      purposes: purposes && [...purposes],
      hasUnknownCritical: extensions.some(
        ({ critical, extnID }) => critical && !understood.includes(extnID),
      ),
      isWeak:
        !acceptedSignatures.includes(signatureAlgorithm.algorithm) || isWeakKey(x509.publicKey),
    };
  } catch {
    return undefined;
  }
}

function readUsage(flags: number): {
  readonly signs: boolean;
  readonly signsCertificates: boolean;
} {
  return {
    signs: (flags & KeyUsageFlags.digitalSignature) !== 0,
    signsCertificates: (flags & KeyUsageFlags.keyCertSign) !== 0,
  };
}

function decode<T>(extensions: readonly Extension[], id: string, type: new () => T): T | undefined {
  const found = extensions.filter(({ extnID }) => extnID === id);
  // RFC 5280 section 4.2: a certificate must not have two of a kind.
  if (found.length > 1) throw new TypeError("an extension occurs twice");
  return found[0] && AsnConvert.parse(found[0].extnValue, type);
}

function isWeakKey(key: KeyObject): boolean {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "ec":
      return !acceptedCurves.includes(namedCurve);
    case "rsa":
    case "rsa-pss":
      return modulusLength < 2048;
    default:
      return key.asymmetricKeyType !== "ed25519";
  }
}
