/** What a pod tells of itself in the text format of Prometheus. */
export interface PodMetrics {
  readonly connections: number | undefined;
  readonly generation: number | undefined;
  /** Nodes of the cluster that it knows, itself included. */
  readonly nodes: number | undefined;
  /** Phase of the handover that it is in. */
  readonly phase: string | undefined;
  /** Datagrams that it relayed, in both directions. */
  readonly relayed: number;
}

/** Never throws: what is not there stays undefined. */
export function parsePodMetrics(text: string): PodMetrics {
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    const match = /^([a-z_]+(?:\{[^}]*\})?) ([0-9.e+-]+)$/i.exec(line.trim());
    if (match?.[1] !== undefined) values.set(match[1], Number(match[2]));
  }
  const relayed = ["relayed", "relayedForward", "relayedBackward"].map(
    (outcome) => values.get(`dtls_cluster_forwards_total{outcome="${outcome}"}`) ?? 0,
  );
  const phase = [...values]
    .filter(([, value]) => value === 1)
    .map(([name]) => /^dtls_cluster_handover_phase\{phase="([^"]+)"\}$/.exec(name)?.[1])
    .find((name) => name !== undefined);
  return {
    connections: values.get("dtls_cluster_connections"),
    generation: values.get("dtls_cluster_generation"),
    nodes: values.get("dtls_cluster_nodes"),
    phase,
    relayed: relayed.reduce((sum, value) => sum + value, 0),
  };
}
