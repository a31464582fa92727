import type { KubernetesNodes } from "@dtls-cluster/discovery-k8s";
import type { Entropy } from "@dtls-cluster/dtls";
import type { Discovery } from "@dtls-cluster/nodes";
import { DnsDiscovery, StaticDiscovery } from "@dtls-cluster/udp";
import type { CidLayout } from "@dtls-cluster/wire";
import type { ClusterConfig, DiscoveryConfig, ServerConfig } from "../config/config.ts";
import { ClusterChannel, type ClusterChannelOptions } from "./cluster-channel.ts";
import { resolveHost } from "./sockets.ts";

/** The cluster channel that the configuration describes. */
export function createClusterChannel(
  config: ServerConfig,
  cluster: ClusterConfig,
  layout: CidLayout,
  connections: Omit<
    ClusterChannelOptions,
    "membership" | "layout" | "backward" | "discovery" | "security"
  > & {
    readonly entropy: Entropy;
    /** Names this start of the process. */
    readonly instance: number;
    /** Where the nodes come from instead of the configuration. */
    readonly kubernetes: KubernetesNodes | undefined;
    /** 0: it does not own its node id yet. */
    readonly generation: number;
  },
): ClusterChannel {
  if (config.cookieSecret === undefined) {
    connections.log.warn(
      { event: "no-cookie-secret" },
      "--cookie-secret is not set: a handshake that the balancer moves to another node starts again",
    );
  }
  const { kubernetes } = connections;
  const channel = new ClusterChannel({
    ...connections,
    layout,
    backward: cluster.backward,
    security: cluster.security,
    discovery: kubernetes ?? createDiscovery(cluster.discovery),
    membership: {
      nodeId: config.nodeId,
      instance: connections.instance,
      generation: connections.generation,
      initialNodes: cluster.initialNodes,
      entropy: connections.entropy,
    },
  });
  kubernetes?.onGroupChange(() => channel.discover());
  return channel;
}

function createDiscovery(discovery: DiscoveryConfig): Discovery {
  if (discovery.kind === "dns") {
    return new DnsDiscovery({ name: discovery.name.host, port: discovery.name.port });
  }
  return new NamedDiscovery(discovery);
}

/** A fixed list whose entries may be names, resolved anew in each round. */
class NamedDiscovery implements Discovery {
  readonly #nodes: Extract<DiscoveryConfig, { kind: "static" }>["nodes"];

  constructor(discovery: Extract<DiscoveryConfig, { kind: "static" }>) {
    this.#nodes = discovery.nodes;
  }

  async discover(): ReturnType<Discovery["discover"]> {
    const addresses = await Promise.all(
      this.#nodes.map(async ({ host, port }) => ({
        address: await resolveHost("--cluster-nodes", host),
        port,
      })),
    );
    return new StaticDiscovery(addresses).discover();
  }

  close(): void {}
}
