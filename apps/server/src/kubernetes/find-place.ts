import {
  KubernetesError,
  type KubernetesErrorCode,
  KubernetesNodes,
} from "@dtls-cluster/discovery-k8s";
import type { ClusterConfig, ServerConfig } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";
import type { KubernetesConfig } from "../config/kubernetes-config.ts";
import type { Logger } from "../log.ts";
import { WaitingMonitor } from "./waiting-monitor.ts";

/** A configuration with what the Kubernetes API said. */
export interface Place {
  readonly config: ServerConfig;
  readonly kubernetes: KubernetesNodes;
}

/** The restore service of a double listens where the own one would. */
const DEFAULT_RESTORE_PORT = 5884;

/** What waiting does not mend. */
const MISTAKES: readonly KubernetesErrorCode[] = [
  "KUBERNETES_SETTING",
  "KUBERNETES_TOKEN",
  "KUBERNETES_FORBIDDEN",
  "KUBERNETES_NOT_FOUND",
  "KUBERNETES_TRUST",
];

/**
 * Asks the Kubernetes API who the own pod is, how many nodes there are, and from whom to take over; waits for
 * as long as another pod may hold the node id. Opens nothing but the monitor.
 * @throws ConfigError, or the signal's reason
 */
export async function findPlace(
  config: ServerConfig,
  cluster: ClusterConfig,
  settings: KubernetesConfig,
  log: Logger,
  signal: AbortSignal,
): Promise<Place> {
  const monitor = await WaitingMonitor.open(config.http);
  let kubernetes: KubernetesNodes | undefined;
  try {
    kubernetes = await KubernetesNodes.open({
      ...settings,
      clusterPort: cluster.address.port,
      trouble: (error) => sayTrouble(error, log),
      signal,
    });
    const initialNodes = settings.countsByLabel ? kubernetes.initialNodes : cluster.initialNodes;
    const begun = await kubernetes.begin(
      (reason) => log.warn({ event: "waiting", reason }, `this pod does not serve yet: ${reason}`),
      signal,
    );
    const double = begun.type === "take" ? begun.from.addresses[0] : undefined;
    log.info(
      { event: "kubernetes", pod: kubernetes.own.name, nodes: initialNodes, double },
      double === undefined ? "begins without a double" : `takes over from ${double}`,
    );
    return { config: placed(config, cluster, initialNodes, double), kubernetes };
  } catch (error) {
    kubernetes?.close();
    throw asConfigError(error);
  } finally {
    await monitor?.close();
  }
}

function placed(
  config: ServerConfig,
  cluster: ClusterConfig,
  initialNodes: number,
  double: string | undefined,
): ServerConfig {
  const withNodes = { ...config, cluster: { ...cluster, initialNodes } };
  if (double === undefined) return withNodes;
  const port = config.handover.https?.port ?? DEFAULT_RESTORE_PORT;
  return {
    ...withNodes,
    handover: {
      ...config.handover,
      double: { host: double, port },
      doubleCluster: { host: double, port: cluster.address.port },
    },
  };
}

function sayTrouble(error: KubernetesError | undefined, log: Logger): void {
  if (error === undefined)
    log.info({ event: "kubernetes-well" }, "the Kubernetes API answers again");
  else {
    log.warn(
      { event: "kubernetes-trouble", code: error.code },
      `${error.message}; the cluster goes on with the pods it knows`,
    );
  }
}

function asConfigError(error: unknown): unknown {
  if (!(error instanceof KubernetesError)) return error;
  const isUnknownHost = /ENOTFOUND/.test(error.message);
  return MISTAKES.includes(error.code) || isUnknownHost
    ? new ConfigError(error.message, { cause: error })
    : error;
}
