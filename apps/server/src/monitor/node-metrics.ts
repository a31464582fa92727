import type { MetricSnapshot, Metrics } from "@dtls-cluster/monitor";
import type { Diagnosis } from "../diagnose.ts";
import type { PhaseRecord } from "../handover/phase-record.ts";

/** Makes the node's own counters readable for Prometheus. Nothing is counted twice or anew. */
export function addMetrics(
  metrics: Metrics,
  snapshot: () => Diagnosis,
  phases: PhaseRecord | undefined,
): void {
  const gauge = (name: string, help: string, read: (now: Diagnosis) => number): void =>
    metrics.gauge({
      name: `dtls_cluster_${name}`,
      help,
      collect: () => ({ value: read(snapshot()) }),
    });
  const counter = (
    name: string,
    help: string,
    label: string,
    read: (now: Diagnosis) => unknown,
  ): void =>
    metrics.counter({
      name: `dtls_cluster_${name}_total`,
      help,
      label,
      collect: () => numbersOf(read(snapshot())),
    });

  gauge("connections", "Established DTLS connections.", (now) => now.connections);
  gauge("handshakes_in_progress", "Handshakes in progress.", (now) => now.handshakes);
  gauge("ready", "1 while the node serves.", (now) => (now.ready ? 1 : 0));
  gauge(
    "nodes",
    "Processes of the cluster that are known, this one included.",
    (now) => now.nodes.length + 1,
  );
  gauge("generation", "Ownership generation.", (now) => now.generation);
  counter("handshakes", "Handshakes by how they ended.", "outcome", ({ dtls }) => ({
    started: dtls["handshakesStarted"] ?? 0,
    completed: dtls["handshakesCompleted"] ?? 0,
    failed: dtls["handshakesFailed"] ?? 0,
  }));
  counter("records", "Records by what became of them.", "outcome", ({ dtls }) => ({
    opened: dtls["recordsOpened"] ?? 0,
    sealed: dtls["recordsSealed"] ?? 0,
    ...numbersOf(dtls["recordsDropped"]),
  }));
  counter(
    "datagrams",
    "Datagrams of the public DTLS socket by what became of them.",
    "outcome",
    ({ dtls }) => {
      const datagrams = recordOf(dtls["datagrams"]);
      return { ...numbersOf(datagrams), ...numbersOf(datagrams["dropped"]) };
    },
  );
  counter(
    "forwards",
    "Datagrams by the way they took through the cluster.",
    "outcome",
    ({ forwarder }) => forwarder,
  );
  counter("coap", "CoAP messages and exchanges.", "outcome", ({ coap }) => coap);
  counter("requests", "Requests that a resource executed.", "resource", (now) => ({
    benchmark: now.requests,
  }));
  counter(
    "kernel_drops",
    "Datagrams that the kernel dropped because a receive buffer was full.",
    "socket",
    (now) => ({ all: now.kernelDrops }),
  );
  counter(
    "handover_datagrams",
    "Datagrams that a handover's freeze held back.",
    "outcome",
    ({ freeze }) => freeze,
  );
  if (phases === undefined) return;
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
  metrics.gauge({
    name: "dtls_cluster_handover_freeze_seconds",
    help: "Time without service in the last handover that this process gave.",
    collect: () => ({ value: phases.freezeSeconds }),
  });
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
