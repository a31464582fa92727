import { hostname } from "node:os";
import { join } from "node:path";
import { type ApiOptions, type GroupOptions, ordinalOf } from "@dtls-cluster/discovery-k8s";
import { ConfigError } from "./config-error.ts";
import type { RawOptions } from "./options.ts";

/** How the Kubernetes API is asked for nodes and double. */
export interface KubernetesConfig extends ApiOptions, GroupOptions {
  /** Name of the own pod. */
  readonly pod: string;
  readonly restoreSelectorLabel: string | undefined;
  /** True: the own pod's label says how many nodes the cluster begins with. */
  readonly countsByLabel: boolean;
}

const EXCLUDED = [
  ["clusterNodes", "--cluster-nodes"],
  ["clusterDns", "--cluster-dns"],
  ["double", "--double"],
  ["restore", "--restore"],
] as const;
const TRUST_FILE = "https_k8s_client_trust.pem";

/** Undefined without --kubernetes. @throws ConfigError */
export function parseKubernetes(
  raw: RawOptions,
  environment: NodeJS.ProcessEnv,
): KubernetesConfig | undefined {
  if (raw.kubernetes !== true) return undefined;
  if (raw.cluster === undefined) {
    throw new ConfigError("--kubernetes needs --cluster, the own cluster address (usually :5884)");
  }
  for (const [key, option] of EXCLUDED) {
    if (raw[key] !== undefined) {
      throw new ConfigError(`--kubernetes and ${option} exclude each other: the API says it`);
    }
  }
  return {
    pod: ownPod(raw),
    host: raw.kubeHost || serviceHost(environment),
    token: raw.kubeToken,
    namespace: raw.kubeNamespace,
    serviceAccount: raw.kubeServiceAccount,
    trustFile: join(raw.certs, TRUST_FILE),
    selector: raw.kubeSelector,
    selectorLabel: raw.kubeSelectorLabel,
    restoreSelectorLabel: raw.kubeRestoreSelectorLabel,
    countsByLabel: raw.initialNodes === undefined,
  };
}

/** The number that the own host, or pod, is named by. */
export function ownOrdinal(raw: RawOptions): number | undefined {
  return ordinalOf(raw.kubernetes === true ? ownPod(raw) : hostname());
}

/** What Kubernetes tells each container of its API. */
function serviceHost(environment: NodeJS.ProcessEnv): string | undefined {
  const host = environment["KUBERNETES_SERVICE_HOST"];
  if (!host) return undefined;
  const port = environment["KUBERNETES_SERVICE_PORT"] || "443";
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function ownPod(raw: RawOptions): string {
  return raw.kubePod || hostname();
}
