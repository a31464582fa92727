import type { ClusterChannel } from "./node/cluster-channel.ts";
import type { NodeSockets } from "./node/node-sockets.ts";
import type { PlainCoap } from "./node/plain-coap.ts";
import type { SecureCoap } from "./node/secure-coap.ts";

type Counters = Readonly<Record<string, unknown>>;

/** What a server tells of itself: gauges, nodes, and the counters that are not zero. */
export interface Diagnosis {
  readonly nodeId: number;
  readonly ready: boolean;
  readonly connections: number;
  readonly handshakes: number;
  readonly requests: number;
  readonly kernelDrops: number;
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly nodes: readonly {
    readonly id: number;
    readonly at: string;
    readonly state: number | undefined;
  }[];
  readonly conflicts: number;
  readonly dtls: Counters;
  readonly coap: Counters;
  readonly forwarder: Counters;
  readonly membership: Counters;
}

export function diagnose(parts: {
  readonly nodeId: number;
  readonly secure: SecureCoap;
  readonly plain: PlainCoap | undefined;
  readonly channel: ClusterChannel | undefined;
  readonly sockets: NodeSockets | undefined;
  readonly executions: number;
}): Diagnosis {
  const { secure, channel, sockets } = parts;
  const { connections, handshakes, ...dtls } = secure.dtls.stats();
  const cpu = process.cpuUsage();
  const all = [sockets?.coaps, sockets?.coap, sockets?.cluster];
  return {
    nodeId: parts.nodeId,
    ready: channel?.membership.isReady ?? sockets !== undefined,
    connections,
    handshakes,
    requests: parts.executions,
    kernelDrops: all.reduce((sum, socket) => sum + (socket?.statistics().kernelDrops ?? 0), 0),
    cpuSeconds: Math.round((cpu.user + cpu.system) / 10_000) / 100,
    rssBytes: process.memoryUsage.rss(),
    nodes: [...(channel?.membership.table.nodes() ?? [])].map((node) => ({
      id: node.id,
      at: `${node.address}:${node.port}`,
      state: node.state,
    })),
    conflicts: channel?.membership.stats().conflicts ?? 0,
    dtls: withoutZeros(dtls),
    coap: withoutZeros(secure.coap.stats()),
    forwarder: withoutZeros(channel?.forwarder.counters() ?? {}),
    membership: withoutZeros(channel?.membership.stats() ?? {}),
  };
}

/** Leaves out counters that are zero, so that the answer fits one record. */
function withoutZeros(counters: object): Counters {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(counters)) {
    if (value === 0 || value === undefined) continue;
    if (typeof value !== "object" || value === null) kept[name] = value;
    else {
      const inner = withoutZeros(value);
      if (Object.keys(inner).length > 0) kept[name] = inner;
    }
  }
  return kept;
}
