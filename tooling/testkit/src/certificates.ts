import { Buffer } from "node:buffer";
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** A certificate (ECDSA P-256) with its key, for tests and demonstrations. */
export interface TestCertificate {
  readonly name: string;
  readonly certificatePem: string;
  /** PKCS #8, not encrypted. */
  readonly keyPem: string;
  readonly key: KeyObject;
}

export interface TestCertificateOptions {
  /** Common name of the subject. */
  readonly name: string;
  /** The issuer; undefined makes a self-signed certificate. */
  readonly issuer?: TestCertificate;
  /** May issue others. Default: true exactly if it is self-signed. */
  readonly isAuthority?: boolean;
  /** Default: an hour ago. */
  readonly notBefore?: Date;
  /** Default: in 30 days. */
  readonly notAfter?: Date;
}

const HOUR_MS = 3_600_000;

/** Makes an X.509 v3 certificate (RFC 5280) from nothing but node:crypto. */
export function createTestCertificate(options: TestCertificateOptions): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { name, issuer } = options;
  const isAuthority = options.isAuthority ?? issuer === undefined;
  const algorithm = sequence(oid("1.2.840.10045.4.3.2"));
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
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(extension("2.5.29.19", sequence(...(isAuthority ? [TRUE] : []))))),
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
