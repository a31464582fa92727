import type { V1Pod } from "@kubernetes/client-node";

/** What the cluster needs to know of a pod. */
export interface Pod {
  readonly name: string;
  /** Another one with the same name has another uid. */
  readonly uid: string;
  /** Addresses of the pod; empty before it has one. */
  readonly addresses: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Its containers run, as far as the API knows. */
  readonly isRunning: boolean;
  readonly isReady: boolean;
  /** None of its containers will run again. */
  readonly hasEnded: boolean;
}

const RESTORE_LABEL = "restore";

/** True for a pod whose connections may be taken over by its double. */
export function isGiver(pod: Pod): boolean {
  return pod.labels[RESTORE_LABEL]?.toLowerCase() === "true";
}

/** Undefined for what is no pod. */
export function parsePod(object: unknown): Pod | undefined {
  if (typeof object !== "object" || object === null) return undefined;
  const { metadata, status } = object as Pick<V1Pod, "metadata" | "status">;
  if (typeof metadata?.name !== "string" || typeof metadata.uid !== "string") return undefined;
  const ips = [...(status?.podIPs ?? []).map(({ ip }) => ip), status?.podIP];
  const containers = status?.containerStatuses ?? [];
  const phase = status?.phase;
  return {
    name: metadata.name,
    uid: metadata.uid,
    addresses: [...new Set(ips)].filter((ip): ip is string => typeof ip === "string" && ip !== ""),
    labels: metadata.labels ?? {},
    createdAt: Date.parse(String(metadata.creationTimestamp ?? "")) || 0,
    isRunning: phase === "Running" && containers.every(({ state }) => state?.running !== undefined),
    isReady:
      status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ??
      false,
    hasEnded: phase === "Succeeded" || phase === "Failed",
  };
}
