import { Buffer } from "node:buffer";
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import {
  bitString,
  distinguishedName,
  explicit,
  integer,
  octetString,
  oid,
  sequence,
  TRUE,
  tagged,
  time,
} from "./der.ts";

/** A certificate (ECDSA P-256 with SHA-256) with its key. */
export interface IssuedCertificate {
  /** Common name of the subject. */
  readonly name: string;
  readonly certificatePem: string;
  /** PKCS #8, not encrypted. */
  readonly keyPem: string;
  readonly key: KeyObject;
}

export interface CertificateOptions {
  /** Common name of the subject. */
  readonly name: string;
  /** The issuer; undefined makes a self-signed certificate. */
  readonly issuer?: IssuedCertificate;
  /** May issue others. Default: true exactly if it is self-signed. */
  readonly isAuthority?: boolean;
  /** What the holder may be in TLS (RFC 5280 section 4.2.1.12). Default: not restricted. */
  readonly usage?: "server" | "client";
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Makes an X.509 v3 certificate (RFC 5280) from nothing but node:crypto. */
export function issueCertificate(options: CertificateOptions): IssuedCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { name, issuer } = options;
  const isAuthority = options.isAuthority ?? issuer === undefined;
  const algorithm = sequence(oid("1.2.840.10045.4.3.2"));
  const issuerKey = issuer === undefined ? publicKey : createPublicKey(issuer.key);
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.of(2))),
    integer(randomBytes(16)),
    algorithm,
    distinguishedName(issuer?.name ?? name),
    sequence(time(options.notBefore), time(options.notAfter)),
    distinguishedName(name),
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...extensions(isAuthority, options.usage, publicKey, issuerKey))),
  );
  const signature = sign("sha256", toBeSigned, issuer?.key ?? privateKey);
  const der = sequence(toBeSigned, algorithm, bitString(signature));
  const base64 = der.toString("base64").replace(/.{64}/g, "$&\n").trimEnd();
  return {
    name,
    certificatePem: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    key: privateKey,
  };
}

const USAGES = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" } as const;

/** Bits of RFC 5280 section 4.2.1.3 with the number of unused ones before them. */
const SIGN_CERTIFICATES = Buffer.of(0x03, 0x02, 0x01, 0x06);
const SIGN_MESSAGES = Buffer.of(0x03, 0x02, 0x07, 0x80);

function extensions(
  isAuthority: boolean,
  usage: "server" | "client" | undefined,
  own: KeyObject,
  issuer: KeyObject,
): readonly Buffer[] {
  const all = [
    critical("2.5.29.19", sequence(...(isAuthority ? [TRUE] : []))),
    critical("2.5.29.15", isAuthority ? SIGN_CERTIFICATES : SIGN_MESSAGES),
    sequence(oid("2.5.29.14"), octetString(octetString(keyIdentifier(own)))),
    sequence(oid("2.5.29.35"), octetString(sequence(tagged(0x80, keyIdentifier(issuer))))),
  ];
  if (usage !== undefined) all.push(critical("2.5.29.37", sequence(oid(USAGES[usage]))));
  return all;
}

function critical(id: string, value: Uint8Array): Buffer {
  return sequence(oid(id), TRUE, octetString(value));
}

function keyIdentifier(key: KeyObject): Buffer {
  const spki = key.export({ type: "spki", format: "der" });
  return createHash("sha256").update(spki).digest().subarray(0, 20);
}
