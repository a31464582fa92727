import type { NodeParts } from "./node/node-parts.ts";
import type { NodeSockets } from "./node/node-sockets.ts";

type Counters = Readonly<Record<string, unknown>>;

/** What a server tells of itself: gauges, nodes, and the counters that are not zero. */
export interface Diagnosis {
  readonly nodeId: number;
  readonly ready: boolean;
  readonly generation: number;
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
  /** Datagrams that waited for a handover. */
  readonly freeze: Counters;
  readonly membership: Counters;
  /** Protection of the cluster channel. */
  readonly channel: Counters;
}

export function diagnose(given: {
  readonly nodeId: number;
  readonly isReady: boolean;
  readonly generation: number;
  readonly parts: NodeParts;
  readonly sockets: NodeSockets | undefined;
}): Diagnosis {
  const { sockets, parts } = given;
  const { secure, channel, gate } = parts;
  const { connections, handshakes, ...dtls } = secure.dtls.stats();
  const cpu = process.cpuUsage();
  const all = [sockets?.coaps, sockets?.coap, sockets?.cluster];
  return {
    nodeId: given.nodeId,
    ready: given.isReady,
    generation: given.generation,
    connections,
    handshakes,
    requests: parts.count.executions,
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
    freeze: withoutZeros({ held: gate.held, dropped: gate.dropped }),
    membership: withoutZeros(channel?.membership.stats() ?? {}),
    channel: withoutZeros({
      level: channel?.level,
      ...channel?.secure?.counters(),
      troubles: channel?.troubles.counts,
    }),
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
