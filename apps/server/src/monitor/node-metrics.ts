import type { MetricSnapshot, Metrics } from "@dtls-cluster/monitor";
import type { Diagnosis } from "../diagnose.ts";
import type { PhaseRecord } from "../handover/phase-record.ts";

/** Makes the node's own counters readable for Prometheus. Nothing is counted twice or anew. */
export function addMetrics(
  metrics: Metrics,
  snapshot: () => Diagnosis,
  phases: PhaseRecord | undefined,
): void {
  for (const { name, help, read } of GAUGES) {
    const collect = (): MetricSnapshot => ({ value: read(snapshot()) });
    metrics.gauge({ name: `dtls_cluster_${name}`, help, collect });
  }
  for (const { name, help, label, read } of COUNTERS) {
    const collect = (): MetricSnapshot => numbersOf(read(snapshot()));
    metrics.counter({ name: `dtls_cluster_${name}_total`, help, label, collect });
  }
  if (phases !== undefined) addPhases(metrics, phases);
}

interface GaugeRow {
  readonly name: string;
  readonly help: string;
  readonly read: (now: Diagnosis) => number;
}

interface CounterRow {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly read: (now: Diagnosis) => unknown;
}

const GAUGES: readonly GaugeRow[] = [
  {
    name: "connections",
    help: "Established DTLS connections.",
    read: (now) => now.connections,
  },
  {
    name: "handshakes_in_progress",
    help: "Handshakes in progress.",
    read: (now) => now.handshakes,
  },
  { name: "ready", help: "1 while the node serves.", read: (now) => (now.ready ? 1 : 0) },
  {
    name: "nodes",
    help: "Processes of the cluster that are known, this one included.",
    read: (now) => now.nodes.length + 1,
  },
  { name: "generation", help: "Ownership generation.", read: (now) => now.generation },
  {
    name: "channel_associations",
    help: "Established DTLS associations with other nodes.",
    read: ({ channel }) => numberOf(channel["associations"]),
  },
  {
    name: "channel_level",
    help: "Protection between the nodes: 0 udp, 1 dtls, 2 dtls-mac.",
    read: ({ channel }) => Math.max(0, ["udp", "dtls", "dtls-mac"].indexOf(`${channel["level"]}`)),
  },
];

const COUNTERS: readonly CounterRow[] = [
  {
    name: "handshakes",
    help: "Handshakes by how they ended; the resumed ones are among the completed.",
    label: "outcome",
    read: ({ dtls }) => ({
      started: dtls["handshakesStarted"] ?? 0,
      completed: dtls["handshakesCompleted"] ?? 0,
      resumed: dtls["handshakesResumed"] ?? 0,
      failed: dtls["handshakesFailed"] ?? 0,
    }),
  },
  {
    name: "path_checks",
    help: "Return routability checks of new addresses (RFC 9853); failed ones left the address as it was.",
    label: "outcome",
    read: ({ dtls }) => ({
      started: dtls["pathChecks"] ?? 0,
      failed: dtls["pathChecksFailed"] ?? 0,
    }),
  },
  {
    name: "evictions",
    help: "Connections that were closed for newer ones, at a limit.",
    label: "of",
    read: ({ dtls }) => ({ connections: dtls["connectionsEvicted"] ?? 0 }),
  },
  {
    name: "records",
    help: "Records by what became of them.",
    label: "outcome",
    read: ({ dtls }) => ({
      opened: dtls["recordsOpened"] ?? 0,
      sealed: dtls["recordsSealed"] ?? 0,
      ...numbersOf(dtls["recordsDropped"]),
    }),
  },
  {
    name: "datagrams",
    help: "Datagrams of the DTLS endpoint by what became of them.",
    label: "outcome",
    read: ({ dtls }) => {
      const datagrams = recordOf(dtls["datagrams"]);
      return { ...numbersOf(datagrams), ...numbersOf(datagrams["dropped"]) };
    },
  },
  {
    name: "forwards",
    help: "Datagrams by the way they took through the cluster.",
    label: "outcome",
    read: ({ forwarder }) => forwarder,
  },
  {
    name: "coap",
    help: "CoAP messages and exchanges.",
    label: "outcome",
    read: ({ coap }) => ({ ...numbersOf(coap), ...numbersOf(coap["received"]) }),
  },
  {
    name: "requests",
    help: "Requests that a resource executed.",
    label: "resource",
    read: (now) => ({ benchmark: now.requests }),
  },
  {
    name: "kernel_drops",
    help: "Datagrams that the kernel dropped because a receive buffer was full.",
    label: "socket",
    read: (now) => ({ all: now.kernelDrops }),
  },
  {
    name: "channel_handshakes",
    help: "Handshakes with other nodes by how they ended.",
    label: "outcome",
    read: ({ channel }) => ({
      started: channel["handshakesStarted"] ?? 0,
      completed: channel["handshakesCompleted"] ?? 0,
      failed: channel["handshakesFailed"] ?? 0,
    }),
  },
  {
    name: "channel",
    help: "Messages and frames between the nodes by what became of them.",
    label: "outcome",
    read: ({ channel }) => {
      const { level, associations, handshakes, datagrams, troubles, ...counters } = channel;
      const { handshakesStarted, handshakesCompleted, handshakesFailed, ...rest } = counters;
      return rest;
    },
  },
  {
    name: "channel_mismatches",
    help: "Signs of a node with another level, identity or secret.",
    label: "sign",
    read: ({ channel }) => channel["troubles"],
  },
  {
    name: "handover_datagrams",
    help: "Datagrams that a freeze held back, and those for which there was no room.",
    label: "outcome",
    read: ({ freeze }) => freeze,
  },
];

function addPhases(metrics: Metrics, phases: PhaseRecord): void {
  metrics.gauge({
    name: "dtls_cluster_handover_phase",
    help: "1 for the phase of the handover that the process is in.",
    label: "phase",
    collect: () => ({ [phases.phase]: 1 }),
  });
  metrics.counter({
    name: "dtls_cluster_handover_phase_seconds_total",
    help: "Seconds spent in each phase of the handover.",
    label: "phase",
    collect: () => phases.seconds(),
  });
  metrics.counter({
    name: "dtls_cluster_handover_phase_entries_total",
    help: "How often each phase was entered.",
    label: "phase",
    collect: () => phases.entries(),
  });
  metrics.counter({
    name: "dtls_cluster_handover_warnings_total",
    help: "Handovers that went on without the other process: it was dead, or lost for longer than a lease.",
    label: "event",
    collect: () => phases.warnings(),
  });
  metrics.gauge({
    name: "dtls_cluster_handover_freeze_seconds",
    help: "Time without service in the last handover that this process gave.",
    collect: () => ({ value: phases.freezeSeconds }),
  });
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

function numbersOf(value: unknown): MetricSnapshot {
  const numbers: Record<string, number> = {};
  for (const [name, number] of Object.entries(recordOf(value))) {
    if (typeof number === "number") numbers[name] = number;
  }
  return numbers;
}
