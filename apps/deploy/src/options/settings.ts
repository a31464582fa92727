import { readFileSync } from "node:fs";
import { UsageError } from "../errors.ts";
import type { DrainPolicy } from "../plan/relay-watch.ts";
import type { Patience } from "../run/problem-watch.ts";
import type { CommandLine } from "./command-line.ts";
import type { CommandName } from "./option-table.ts";
import { OptionValues } from "./option-values.ts";

/** A checked command line. */
export interface Settings {
  readonly command: CommandName;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly namespace: string;
  readonly manifests: string | undefined;
  readonly isJson: boolean;
  readonly isDryRun: boolean;
  readonly image: string | undefined;
  readonly intervalMs: number;
  readonly patience: Patience;
  readonly drain: DrainPolicy;
  readonly install: InstallSettings;
}

export interface InstallSettings {
  readonly replicas: number | undefined;
  readonly certificates: string | undefined;
  readonly certificateDays: number;
  readonly renewsCertificates: boolean;
  /** Content of the file. */
  readonly psk: string | undefined;
  readonly clusterIdentity: string;
  readonly clusterSecret: string | undefined;
  readonly cookieSecret: string | undefined;
  /** Host of the Kubernetes API as pods reach it; `<ip>` for the address of its service. */
  readonly kubeHost: string | undefined;
  /** Content of the file. */
  readonly dockerConfig: string | undefined;
}

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** Registry with port, path, tag and digest, all but the path optional. */
const IMAGE =
  /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const SHORTEST_SECRET = 16;

/** @throws UsageError */
export function readSettings(line: CommandLine): Settings {
  const values = new OptionValues(line);
  const seconds = (name: string, lowest: number): number =>
    values.has(name) ? values.seconds(name, lowest) : 0;
  const namespace = values.matching("namespace", DNS_LABEL, NAMESPACE_ACCEPTED);
  return {
    command: line.command,
    // KUBECONFIG may list several files, the option names one.
    kubeconfig:
      line.values.get("kubeconfig")?.source === "--kubeconfig"
        ? values.text("kubeconfig")
        : undefined,
    context: values.text("context")?.replace(/^--context=/, ""),
    namespace: namespace ?? "",
    manifests: values.text("manifests"),
    isJson: values.has("json"),
    isDryRun: values.has("dry-run"),
    image: values.matching("image", IMAGE, IMAGE_ACCEPTED),
    intervalMs: seconds("interval", 0.1),
    patience: { readyMs: seconds("timeout", 1), problemMs: seconds("problem-timeout", 0) },
    drain: {
      quietMs: seconds("drain-quiet", 0),
      blindMs: seconds("drain-blind", 0),
      limitMs: seconds("drain-timeout", 0),
    },
    install: readInstall(values),
  };
}

const NAMESPACE_ACCEPTED = "small letters, digits and dashes are accepted, 63 at most";
const IMAGE_ACCEPTED =
  "an image reference is accepted, for example registry.example/dtls-cluster:1.2.0";

const KUBE_HOST = /^(?:<ip>|[A-Za-z0-9.-]{1,253}(?::\d{1,5})?)$/;
const KUBE_HOST_ACCEPTED = 'a host name or address with an optional port, or "<ip>", is accepted';

function readInstall(values: OptionValues): InstallSettings {
  return {
    replicas: values.integer("replicas", 1, 256),
    certificates: values.text("certs"),
    certificateDays: values.integer("cert-days", 1, 36_500) ?? 0,
    renewsCertificates: values.has("renew-certs"),
    psk: readText(values, "psk-file"),
    clusterIdentity:
      values.matching(
        "cluster-identity",
        /^\S{1,128}$/,
        "1 to 128 characters without spaces are accepted",
      ) ?? "",
    clusterSecret: secret(values, "cluster-secret"),
    cookieSecret: secret(values, "cookie-secret"),
    kubeHost: values.matching("kube-host", KUBE_HOST, KUBE_HOST_ACCEPTED),
    dockerConfig: readText(values, "docker-config"),
  };
}

function secret(values: OptionValues, name: string): string | undefined {
  const text = values.text(name);
  if (text === undefined) return undefined;
  if (BASE64.test(text) && Buffer.from(text, "base64").length >= SHORTEST_SECRET) return text;
  // Without the value: it is a secret, even if a wrong one.
  throw new UsageError(`--${name}: base64 of at least ${SHORTEST_SECRET} bytes is accepted`);
}

function readText(values: OptionValues, name: string): string | undefined {
  const file = values.text(name);
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw values.problem(name, `not readable (${code})`);
  }
}
