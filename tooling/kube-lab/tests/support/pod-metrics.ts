import type { ClusterPod } from "../../src/load/deployed-cluster.ts";

const PORT = 8080;
const ANSWERS_WITHIN_MS = 2000;

/** A value of a pod's `/metrics`; undefined when the pod does not answer. */
export async function metricOf(pod: ClusterPod, name: string): Promise<number | undefined> {
  try {
    const response = await fetch(`http://${pod.address}:${PORT}/metrics`, {
      signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
    });
    const value = new RegExp(`^${name} (\\S+)$`, "m").exec(await response.text())?.[1];
    return value === undefined ? undefined : Number(value);
  } catch {
    return undefined;
  }
}

/** The sum of a value over all pods that answer. */
export async function sumOf(pods: readonly ClusterPod[], name: string): Promise<number> {
  const values = await Promise.all(pods.map((pod) => metricOf(pod, name)));
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}
