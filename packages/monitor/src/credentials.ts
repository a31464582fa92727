import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MonitorConfigError } from "./errors.ts";

/** Key, certificate chain and trust of one side of mutual TLS, checked. */
export interface TlsCredentials {
  /** PEM, the own certificate first. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** PEM, one certificate each. The only authorities that the other side may come from. */
  readonly ca: readonly string[];
  /** When the first of them expires, in milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Where the files of one side are. The names are those of the Californium demo. */
export interface CredentialFiles {
  /** Private key and certificate chain in one file. */
  readonly certificate: string;
  readonly trust: string;
}

/** The directory of the manifests. */
export const DEFAULT_CERTIFICATE_DIRECTORY = "/etc/certs";

export function serverCredentialFiles(directory: string): CredentialFiles {
  return {
    certificate: join(directory, "https_server_cert.pem"),
    trust: join(directory, "https_server_trust.pem"),
  };
}

export function clientCredentialFiles(directory: string): CredentialFiles {
  return {
    certificate: join(directory, "https_client_cert.pem"),
    trust: join(directory, "https_client_trust.pem"),
  };
}

/**
 * Reads and checks both files.
 * @param wallTime milliseconds since 1970
 * @throws MonitorConfigError with one line that names the file and the remedy
 */
export async function readCredentials(
  files: CredentialFiles,
  wallTime: number = Date.now(),
): Promise<TlsCredentials> {
  const own = await readText(files.certificate);
  const key = privateKeyOf(own, files.certificate);
  const chain = certificatesOf(own, files.certificate, "MONITOR_NO_CERTIFICATE");
  const trusted = certificatesOf(await readText(files.trust), files.trust, "MONITOR_TRUST_EMPTY");
  const [leaf] = chain;
  checkKey(leaf, chain, key, files.certificate);
  for (const certificate of chain) checkValidity(certificate, files.certificate, wallTime);
  // Old authorities may stay in a trust file while new ones come in, as long as one is valid.
  if (!trusted.some((certificate) => isValidAt(certificate, wallTime))) {
    checkValidity(trusted[0], files.trust, wallTime);
  }
  return {
    cert: chain.map((certificate) => certificate.toString()).join(""),
    key: key.export({ type: "pkcs8", format: "pem" }).toString(),
    ca: trusted.map((certificate) => certificate.toString()),
    expiresAt: Math.min(...chain.map((certificate) => Date.parse(certificate.validTo))),
  };
}

/** As {@link readCredentials}, undefined when neither file exists: this side is not configured. */
export async function readOptionalCredentials(
  files: CredentialFiles,
  wallTime: number = Date.now(),
): Promise<TlsCredentials | undefined> {
  const [own, trust] = await Promise.all([exists(files.certificate), exists(files.trust)]);
  return own || trust ? readCredentials(files, wallTime) : undefined;
}

type Certificates = readonly [X509Certificate, ...X509Certificate[]];

async function exists(file: string): Promise<boolean> {
  return readFile(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT",
  );
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "latin1");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown error";
    if (code === "ENOENT") {
      const text = `${file} is missing: put it there, or name another directory`;
      throw new MonitorConfigError("MONITOR_FILE_MISSING", text, { cause });
    }
    const text = `${file} cannot be read (${code}): give this user access to it`;
    throw new MonitorConfigError("MONITOR_FILE_UNREADABLE", text, { cause });
  }
}

function privateKeyOf(pem: string, file: string): KeyObject {
  const block = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[^-]*-----END \1PRIVATE KEY-----/.exec(pem);
  const text = `${file} holds no private key: append it in PEM form, not encrypted`;
  if (block === null) throw new MonitorConfigError("MONITOR_NO_KEY", text);
  try {
    return createPrivateKey(block[0]);
  } catch {
    // Without the cause: what OpenSSL says about a key is not for logs.
    throw new MonitorConfigError("MONITOR_NO_KEY", text);
  }
}

function certificatesOf(
  pem: string,
  file: string,
  code: "MONITOR_NO_CERTIFICATE" | "MONITOR_TRUST_EMPTY",
): Certificates {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  const [first, ...rest] = blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      const text = `certificate ${index + 1} in ${file} is damaged: replace the file`;
      throw new MonitorConfigError(code, text, { cause });
    }
  });
  if (first !== undefined) return [first, ...rest];
  const what = code === "MONITOR_TRUST_EMPTY" ? "the certificates to trust" : "the certificate";
  throw new MonitorConfigError(code, `${file} holds no certificate: put ${what} there as PEM`);
}

function checkKey(leaf: X509Certificate, chain: Certificates, key: KeyObject, file: string): void {
  if (leaf.checkPrivateKey(key)) return;
  const place = chain.findIndex((certificate) => certificate.checkPrivateKey(key));
  const remedy =
    place > 0
      ? `it belongs to certificate ${place + 1} there: put that one first`
      : "put the key and the certificate there that belong together";
  const text = `the private key in ${file} does not match its first certificate: ${remedy}`;
  throw new MonitorConfigError("MONITOR_KEY_MISMATCH", text);
}

function isValidAt(certificate: X509Certificate, wallTime: number): boolean {
  return (
    Date.parse(certificate.validFrom) <= wallTime && wallTime <= Date.parse(certificate.validTo)
  );
}

function checkValidity(certificate: X509Certificate, file: string, wallTime: number): void {
  if (isValidAt(certificate, wallTime)) return;
  const name = certificate.subject.replaceAll("\n", ", ");
  if (Date.parse(certificate.validTo) < wallTime) {
    const since = new Date(certificate.validTo).toISOString();
    const text = `the certificate ${name} in ${file} has expired at ${since}: renew it`;
    throw new MonitorConfigError("MONITOR_EXPIRED", text);
  }
  const from = new Date(certificate.validFrom).toISOString();
  const text = `the certificate ${name} in ${file} is valid from ${from} only: check it and the clock`;
  throw new MonitorConfigError("MONITOR_NOT_YET_VALID", text);
}
