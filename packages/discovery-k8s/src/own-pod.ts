import { setTimeout as pause } from "node:timers/promises";
import type { ApiClient } from "./api-client.ts";
import { Backoff, type BackoffOptions } from "./backoff.ts";
import { KubernetesError } from "./errors.ts";
import { type Pod, parsePod } from "./pod.ts";

export interface OwnPodOptions {
  /** How long refusals (401, 403, 404, a certificate that is not trusted) may last: rights arrive a little later than pods. Default 5000. */
  readonly refusedMs?: number;
  /** How long there may be no answer at all. Default 60 000. */
  readonly silentMs?: number;
  readonly backoff?: Partial<BackoffOptions>;
  readonly trouble: (error: KubernetesError) => void;
  readonly signal: AbortSignal;
}

const REFUSALS = [
  "KUBERNETES_TOKEN",
  "KUBERNETES_FORBIDDEN",
  "KUBERNETES_NOT_FOUND",
  "KUBERNETES_TRUST",
];
const INITIAL_NODES_LABEL = "initialDtlsClusterNodes";

/** The pod of this process. @throws KubernetesError after the time that its kind of trouble is given */
export async function readOwnPod(
  api: ApiClient,
  name: string,
  options: OwnPodOptions,
): Promise<Pod> {
  const { refusedMs = 5000, silentMs = 60_000, trouble, signal } = options;
  const backoff = new Backoff({ firstMs: 500, maxMs: 5000, ...options.backoff });
  const begun = performance.now();
  let last = "";
  for (;;) {
    try {
      const pod = parsePod(await api.get(api.podsPath(name), signal));
      if (pod?.name === name) return pod;
      throw new KubernetesError(
        "KUBERNETES_ANSWER",
        `the Kubernetes API does not answer with pod ${name}: is KUBECTL_HOST right?`,
      );
    } catch (error) {
      if (!(error instanceof KubernetesError) || signal.aborted) throw error;
      const patience = REFUSALS.includes(error.code) ? refusedMs : silentMs;
      const wait = backoff.next(error.retryAfterMs);
      if (performance.now() - begun + wait > patience) throw error;
      if (error.message !== last) trouble(error);
      last = error.message;
      await pause(wait, undefined, { signal });
    }
  }
}

/** The number that the name of a pod of a statefulset ends with. */
export function ordinalOf(pod: string): number | undefined {
  const ordinal = /-(\d{1,9})$/.exec(pod)?.[1];
  return ordinal === undefined ? undefined : Number(ordinal);
}

/** Nodes that the cluster begins with. @throws KubernetesError KUBERNETES_SETTING when the label is missing or wrong */
export function initialNodesOf(pod: Pod): number {
  const text = pod.labels[INITIAL_NODES_LABEL];
  const number = Number(text);
  if (text === undefined || !/^\d{1,3}$/.test(text) || number < 1 || number > 256) {
    const found = text === undefined ? "has no label" : `has "${text}" as label`;
    throw new KubernetesError(
      "KUBERNETES_SETTING",
      `pod ${pod.name} ${found} ${INITIAL_NODES_LABEL}; give it the number of replicas, 1 to 256, in the pod template`,
    );
  }
  return number;
}
