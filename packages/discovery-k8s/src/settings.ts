import { existsSync, readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import { KubernetesError } from "./errors.ts";

/** Where Kubernetes mounts what a pod needs to speak with the API. */
export const SERVICE_ACCOUNT_DIRECTORY = "/var/run/secrets/kubernetes.io/serviceaccount";
export const DEFAULT_HOST = "kubernetes.default.svc";

/** What an operator may say. An empty text counts as not given. */
export interface ApiOptions {
  /** `host[:port]` without scheme. Default {@link DEFAULT_HOST}. */
  readonly host?: string | undefined;
  /** Default: the service account's, read again for each request. */
  readonly token?: string | undefined;
  /** Default: the service account's, else "default". */
  readonly namespace?: string | undefined;
  /** PEM file with the authorities of the API, used in the place of the service account's if it exists. */
  readonly trustFile?: string | undefined;
  /** Default {@link SERVICE_ACCOUNT_DIRECTORY}. */
  readonly serviceAccount?: string | undefined;
}

/** Checked, and complete. */
export interface ApiSettings {
  readonly host: string;
  readonly port: number;
  readonly namespace: string;
  /** A text, or the file that holds it; undefined: requests carry none. */
  readonly token: { readonly text: string } | { readonly file: string } | undefined;
  /** Undefined: the authorities that Node.js trusts. */
  readonly trustFile: string | undefined;
}

const HOST = /^(?:\[([^\]]+)\]|([^:[\]/@\s]+))(?::(\d{1,5}))?$/;
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** @throws KubernetesError KUBERNETES_SETTING that names the variable */
export function readApiSettings(options: ApiOptions): ApiSettings {
  const account = options.serviceAccount || SERVICE_ACCOUNT_DIRECTORY;
  const { host, port } = parseHost(options.host || DEFAULT_HOST);
  const trust = [options.trustFile, join(account, "ca.crt")];
  return {
    host,
    port,
    namespace: readNamespace(options.namespace, account),
    token: chooseToken(options.token, account),
    trustFile: trust.find((file) => file !== undefined && existsSync(file)),
  };
}

function parseHost(text: string): { readonly host: string; readonly port: number } {
  const match = HOST.exec(text);
  const port = Number(match?.[3] ?? 443);
  const bracketed = match?.[1];
  const isWrong = match === null || port < 1 || port > 65_535;
  if (isWrong || (bracketed !== undefined && !isIPv6(bracketed))) {
    const hint = text.includes("://") ? ", without a scheme" : "";
    throw new KubernetesError(
      "KUBERNETES_SETTING",
      `KUBECTL_HOST: "${text}" is not accepted; give HOST, HOST:PORT or [IPV6]:PORT${hint}`,
    );
  }
  return { host: bracketed ?? (match[2] as string), port };
}

function readNamespace(given: string | undefined, account: string): string {
  const namespace = given || firstLine(join(account, "namespace")) || "default";
  if (!NAMESPACE.test(namespace)) {
    throw new KubernetesError(
      "KUBERNETES_SETTING",
      `KUBECTL_NAMESPACE: "${namespace}" is no name of a namespace; accepted are lower case letters, digits and "-"`,
    );
  }
  return namespace;
}

function chooseToken(given: string | undefined, account: string): ApiSettings["token"] {
  if (given !== undefined && given.trim() !== "") {
    if (/[^\x21-\x7e]/.test(given.trim())) {
      throw new KubernetesError(
        "KUBERNETES_SETTING",
        "KUBECTL_TOKEN: it holds characters that no token has (its text is not shown)",
      );
    }
    return { text: given.trim() };
  }
  const file = join(account, "token");
  if (existsSync(file)) return { file };
  throw new KubernetesError(
    "KUBERNETES_SETTING",
    `KUBECTL_TOKEN is empty and there is no ${file}: give a token, or let the pod have its service account (automountServiceAccountToken: true)`,
  );
}

function firstLine(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").split(/\r?\n/, 1)[0]?.trim();
  } catch {
    return undefined;
  }
}
