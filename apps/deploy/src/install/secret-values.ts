import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createNodeCertificates } from "@dtls-cluster/certificates";
import { UsageError } from "../errors.ts";
import type { InstallSettings } from "../options/settings.ts";

/** Text by key of the secret, and what was made up for it, for people. */
export interface SecretValues {
  readonly values: Readonly<Record<string, string>>;
  readonly generated: readonly string[];
}

const CERTIFICATE_KEYS = [
  "https_server_cert.pem",
  "https_server_trust.pem",
  "https_client_cert.pem",
  "https_client_trust.pem",
] as const;

const PSK_KEY = "psk.txt";
const DAY_MS = 86_400_000;
/** Clocks of the nodes may be a little behind. */
const EARLIER_MS = 3_600_000;

/**
 * All that the pods read from their secret; what the operator does not give is made here.
 * @throws UsageError for files that are missing
 */
export function createSecretValues(
  settings: InstallSettings,
  cluster: string,
  kubeHost: string | undefined,
  now: number,
): SecretValues {
  const generated: string[] = [];
  const random = (given: string | undefined, what: string): string => {
    if (given === undefined) generated.push(what);
    return given ?? randomBytes(32).toString("base64");
  };
  const values: Record<string, string> = {
    ...(kubeHost === undefined ? {} : { kubectl_host: kubeHost }),
    kubectl_token: "",
    kubectl_selector_label: "controller-revision-hash",
    dtls_cid_mgmt_identity: settings.clusterIdentity,
    dtls_cid_mgmt_secret_base64: random(settings.clusterSecret, "a secret between the nodes"),
    dtls_cluster_cookie_secret_base64: random(settings.cookieSecret, "a cookie secret"),
    ...(settings.psk === undefined ? {} : { [PSK_KEY]: settings.psk }),
  };
  if (settings.certificates !== undefined) {
    return { values: { ...values, ...readCertificates(settings.certificates) }, generated };
  }
  const notAfter = new Date(now + settings.certificateDays * DAY_MS);
  generated.push(
    `certificates of a new private authority, valid to ${notAfter.toISOString().slice(0, 10)}`,
  );
  const files = createNodeCertificates({
    cluster,
    notBefore: new Date(now - EARLIER_MS),
    notAfter,
  });
  return { values: { ...values, ...files }, generated };
}

/**
 * The certificates among `values`, with trust in the authorities of before as well: nodes that have read
 * the new files and nodes that have not yet still accept each other.
 * @param before content of the secret, in base64
 */
export function renewCertificates(
  values: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    CERTIFICATE_KEYS.map((key) => {
      const old = Buffer.from(before[key] ?? "", "base64").toString();
      const keeps = key.endsWith("_trust.pem") && !(values[key] ?? "").includes(old.trim());
      return [key, `${values[key] ?? ""}${keeps ? old : ""}`];
    }),
  );
}

function readCertificates(directory: string): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const key of CERTIFICATE_KEYS) {
    const file = join(directory, key);
    if (!existsSync(file)) {
      throw new UsageError(
        `--certs "${directory}": ${key} is missing there; give all four, or leave --certs out`,
      );
    }
    files[key] = readFileSync(file, "utf8");
  }
  return files;
}
