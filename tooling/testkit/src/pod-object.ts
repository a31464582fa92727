/** A pod of a {@link KubernetesApi}; what is not said is as in a pod that serves. */
export interface PodLike {
  readonly name: string;
  readonly uid?: string;
  readonly address?: string | undefined;
  readonly labels?: Readonly<Record<string, string>>;
  readonly createdAt?: string;
  readonly phase?: string;
  readonly isRunning?: boolean;
  readonly isReady?: boolean;
}

export function podObject(pod: PodLike, version: number): object {
  const { name, address, labels = {}, phase = "Running", isRunning = true, isReady = true } = pod;
  const state = isRunning ? { running: {} } : { waiting: { reason: "CrashLoopBackOff" } };
  return {
    kind: "Pod",
    apiVersion: "v1",
    metadata: {
      name,
      uid: pod.uid ?? `uid-of-${name}`,
      labels,
      resourceVersion: String(version),
      creationTimestamp: pod.createdAt ?? "2026-01-01T00:00:00Z",
    },
    status: {
      phase,
      ...(address === undefined ? {} : { podIP: address, podIPs: [{ ip: address }] }),
      conditions: [{ type: "Ready", status: isReady ? "True" : "False" }],
      containerStatuses: [{ name: "server", state }],
    },
  };
}

/** True for a pod that the selectors of a query choose: `KEY=VALUE`, comma separated. */
export function matches(pod: PodLike, query: URLSearchParams): boolean {
  const field = query.get("fieldSelector");
  if (field !== null && field !== `metadata.name=${pod.name}`) return false;
  return (query.get("labelSelector") ?? "")
    .split(",")
    .filter((term) => term !== "")
    .every((term) => {
      const [key = "", value = ""] = term.split("=", 2);
      return pod.labels?.[key] === value;
    });
}
