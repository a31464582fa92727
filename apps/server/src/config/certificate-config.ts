import { readFileSync } from "node:fs";
import {
  type HeldCredential,
  PemError,
  readCredential,
  readPublicKeys,
  readTrust,
} from "@dtls-cluster/x509";
import { ConfigError } from "./config-error.ts";
import type { OptionRow } from "./option-row.ts";

/** Certificates of the server and of its clients. */
export interface CertificateConfig {
  /** At least one. */
  readonly own: readonly HeldCredential[];
  readonly clientAuthentication: "none" | "wanted" | "required";
  /** DER of certificates that clients' ones have to lead to. */
  readonly trust: readonly Uint8Array[];
  /** DER of the raw public keys of clients. */
  readonly publicKeys: readonly Uint8Array[];
}

export interface RawCertificateOptions {
  readonly cert?: readonly string[];
  readonly trust?: string;
  readonly clientAuth?: string;
}

export const CERTIFICATE_OPTIONS: readonly OptionRow[] = [
  {
    flags: "--trust <file>",
    environment: "DTLS_CLUSTER_TRUST",
    description:
      "PEM of the authorities whose certificates clients may show, and of clients' raw public keys; needs --cert",
  },
  {
    flags: "--client-auth <mode>",
    environment: "DTLS_CLUSTER_CLIENT_AUTH",
    description:
      "certificates of clients in handshakes with --cert: none, wanted or required (default: required with --trust, else none)",
  },
];

const MODES = ["none", "wanted", "required"] as const;

/** Undefined without `--cert`. @throws ConfigError naming the option, the file and what is accepted */
export function parseCertificates(
  raw: RawCertificateOptions,
  environment: NodeJS.ProcessEnv,
): CertificateConfig | undefined {
  const files = raw.cert ?? environment["DTLS_CLUSTER_CERT"]?.split(",") ?? [];
  if (files.length === 0) {
    const lonely = raw.trust === undefined ? raw.clientAuth && "--client-auth" : "--trust";
    if (lonely) throw new ConfigError(`${lonely} needs --cert, the server's own certificate`);
    return undefined;
  }
  const own = files.map(readOwn);
  const { trust, publicKeys } = readTrusted(raw.trust);
  const clientAuthentication = parseMode(raw.clientAuth, raw.trust !== undefined);
  if (clientAuthentication !== "none" && raw.trust === undefined) {
    throw new ConfigError(
      `--client-auth ${clientAuthentication} needs --trust, the authorities or public keys of the clients`,
    );
  }
  return { own, clientAuthentication, trust, publicKeys };
}

/** `[NAME[+NAME...]=]FILE` */
function readOwn(value: string): HeldCredential {
  const equals = value.indexOf("=");
  const names = equals < 0 ? undefined : value.slice(0, equals).split("+");
  const file = value.slice(equals + 1);
  return pem("--cert", file, (text) => readCredential(text, names));
}

function readTrusted(file: string | undefined): Pick<CertificateConfig, "trust" | "publicKeys"> {
  if (file === undefined) return { trust: [], publicKeys: [] };
  return pem("--trust", file, (text) => {
    const publicKeys = readPublicKeys(text);
    const isWithoutCertificate = publicKeys.length > 0 && !text.includes("BEGIN CERTIFICATE");
    return { trust: isWithoutCertificate ? [] : readTrust(text), publicKeys };
  });
}

function parseMode(
  value: string | undefined,
  hasTrust: boolean,
): CertificateConfig["clientAuthentication"] {
  if (value === undefined) return hasTrust ? "required" : "none";
  const mode = MODES.find((candidate) => candidate === value);
  if (mode !== undefined) return mode;
  throw new ConfigError(
    `--client-auth: "${value}" is not accepted; give one of ${MODES.join(", ")}`,
  );
}

function pem<T>(option: string, file: string, read: (text: string) => T): T {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new ConfigError(`${option}: cannot read ${file} (${code})`);
  }
  try {
    return read(text);
  } catch (error) {
    if (error instanceof PemError) {
      throw new ConfigError(`${option}: ${file} ${error.message}; give PEM`);
    }
    throw error;
  }
}
