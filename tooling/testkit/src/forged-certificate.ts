import { Buffer } from "node:buffer";
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** A certificate of any quality with its key, for tests of those who have to judge them. */
export interface ForgedCertificate {
  readonly name: string;
  readonly certificatePem: string;
  readonly der: Uint8Array;
  /** DER of the SubjectPublicKeyInfo. */
  readonly publicKeyDer: Uint8Array;
  /** PKCS #8, not encrypted. */
  readonly keyPem: string;
  readonly key: KeyObject;
}

export interface ForgedCertificateOptions {
  /** Common name of the subject. */
  readonly name: string;
  /** The issuer; undefined makes a self-signed certificate. */
  readonly issuer?: ForgedCertificate;
  /** May issue others. Default: true exactly if it is self-signed. */
  readonly isAuthority?: boolean;
  /** Curve of the key, or its algorithm. Default: P-256. */
  readonly keyType?: "P-256" | "P-384" | "secp256k1" | "ed25519" | "rsa";
  /** Of an RSA key. Default: 2048. */
  readonly modulusLength?: number;
  /** Certificates that may stand between this authority and the last one. Default: no limit. */
  readonly pathLength?: number;
  /** subjectAltName: host names. */
  readonly hostNames?: readonly string[];
  /** Bits of the first byte of keyUsage (RFC 5280 section 4.2.1.3), 0x80 digitalSignature, 0x04 keyCertSign. */
  readonly keyUsage?: number;
  /** Object identifiers. */
  readonly extendedKeyUsage?: readonly string[];
  /** An extension that nobody knows, marked critical. */
  readonly hasUnknownExtension?: boolean;
  /** Default: an hour ago. */
  readonly notBefore?: Date;
  /** Default: in 30 days. */
  readonly notAfter?: Date;
}

const HOUR_MS = 3_600_000;

/** Makes an X.509 v3 certificate (RFC 5280) from nothing but node:crypto. */
export function forgeCertificate(options: ForgedCertificateOptions): ForgedCertificate {
  const { privateKey, publicKey } = keyPair(options);
  const { name, issuer } = options;
  const signingKey = issuer?.key ?? privateKey;
  const algorithm = signatureAlgorithm(signingKey);
  const publicKeyDer = publicKey.export({ type: "spki", format: "der" });
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.of(2))),
    integer(randomBytes(16)),
    algorithm,
    distinguishedName(issuer?.name ?? name),
    sequence(
      time(options.notBefore ?? new Date(Date.now() - HOUR_MS)),
      time(options.notAfter ?? new Date(Date.now() + 30 * 24 * HOUR_MS)),
    ),
    distinguishedName(name),
    publicKeyDer,
    explicit(3, sequence(...extensions(options))),
  );
  const hash = signingKey.asymmetricKeyType === "ed25519" ? null : "sha256";
  const der = sequence(toBeSigned, algorithm, bitString(sign(hash, toBeSigned, signingKey)));
  const base64 = der.toString("base64").replace(/.{64}/g, "$&\n").trimEnd();
  return {
    name,
    certificatePem: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    der: new Uint8Array(der),
    publicKeyDer: new Uint8Array(publicKeyDer),
    keyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    key: privateKey,
  };
}

function keyPair({ keyType = "P-256", modulusLength = 2048 }: ForgedCertificateOptions): {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
} {
  if (keyType === "ed25519") return generateKeyPairSync("ed25519");
  if (keyType === "rsa") return generateKeyPairSync("rsa", { modulusLength });
  return generateKeyPairSync("ec", { namedCurve: keyType });
}

function signatureAlgorithm(key: KeyObject): Buffer {
  switch (key.asymmetricKeyType) {
    case "ed25519":
      return sequence(oid("1.3.101.112"));
    case "rsa":
      return sequence(oid("1.2.840.113549.1.1.11"), NULL);
    default:
      return sequence(oid("1.2.840.10045.4.3.2"));
  }
}

function extensions(options: ForgedCertificateOptions): Buffer[] {
  const { pathLength, hostNames, keyUsage, extendedKeyUsage } = options;
  const isAuthority = options.isAuthority ?? options.issuer === undefined;
  const constraints = isAuthority ? [TRUE] : [];
  if (pathLength !== undefined) constraints.push(integer(Buffer.of(pathLength)));
  const list = [extension("2.5.29.19", sequence(...constraints))];
  if (keyUsage !== undefined) {
    list.push(extension("2.5.29.15", tagged(0x03, Buffer.of(0, keyUsage))));
  }
  if (extendedKeyUsage !== undefined) {
    list.push(extension("2.5.29.37", sequence(...extendedKeyUsage.map(oid))));
  }
  if (hostNames !== undefined) {
    const names = hostNames.map((name) => tagged(0x82, Buffer.from(name)));
    list.push(extension("2.5.29.17", sequence(...names)));
  }
  if (options.hasUnknownExtension) list.push(extension("1.3.6.1.4.1.99999.1", NULL));
  return list;
}

function tagged(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const { length } = body;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), body]);
}

const TRUE: Buffer = tagged(0x01, Buffer.of(0xff));
const NULL: Buffer = tagged(0x05);

function sequence(...contents: readonly Uint8Array[]): Buffer {
  return tagged(0x30, ...contents);
}

function explicit(number: number, content: Uint8Array): Buffer {
  return tagged(0xa0 + number, content);
}

/** An unsigned integer without superfluous leading bytes, as DER demands. */
function integer(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const digits = bytes.subarray(start);
  return tagged(0x02, (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits);
}

function bitString(bytes: Uint8Array): Buffer {
  return tagged(0x03, Buffer.of(0), bytes);
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  const bytes = [40 * first + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tagged(0x06, Buffer.from(bytes));
}

function distinguishedName(commonName: string): Buffer {
  const value = tagged(0x0c, Buffer.from(commonName));
  return sequence(tagged(0x31, sequence(oid("2.5.4.3"), value)));
}

/** UTCTime up to 2049, GeneralizedTime from then on (RFC 5280 section 4.1.2.5). */
function time(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`;
  return date.getUTCFullYear() < 2050
    ? tagged(0x17, Buffer.from(digits.slice(2)))
    : tagged(0x18, Buffer.from(digits));
}

/** A critical extension. */
function extension(id: string, value: Uint8Array): Buffer {
  return sequence(oid(id), TRUE, tagged(0x04, value));
}
