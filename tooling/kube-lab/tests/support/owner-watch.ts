import type { ClusterPod, DeployedCluster } from "../../src/load/deployed-cluster.ts";
import { metricOf } from "./pod-metrics.ts";

const PAUSE_MS = 200;

/** Looks again and again for two pods that serve under one node id. */
export class OwnerWatch {
  readonly #cluster: DeployedCluster;
  readonly #problems: string[] = [];
  #looks = 0;
  #isStopped = false;
  readonly #ended: Promise<void>;

  constructor(cluster: DeployedCluster) {
    this.#cluster = cluster;
    this.#ended = this.#watch();
  }

  /** Ends the watch. @returns what was seen, and how many pairs of pods were looked at. */
  async stop(): Promise<{ readonly problems: readonly string[]; readonly looks: number }> {
    this.#isStopped = true;
    await this.#ended;
    return { problems: this.#problems, looks: this.#looks };
  }

  async #watch(): Promise<void> {
    while (!this.#isStopped) {
      const pods = await this.#cluster.pods().catch(() => []);
      await Promise.all(pairs(pods).map(([a, b]) => this.#look(a, b)));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  /** Ownership may move between two questions: only one that serves before and after the other one is a second owner. */
  async #look(a: ClusterPod, b: ClusterPod): Promise<void> {
    const before = await metricOf(a, "dtls_cluster_ready");
    const between = await metricOf(b, "dtls_cluster_ready");
    const after = await metricOf(a, "dtls_cluster_ready");
    this.#looks += 1;
    if (before === 1 && between === 1 && after === 1) {
      this.#problems.push(`${a.name} and ${b.name} serve at the same time`);
    }
  }
}

/** Pods with the same ordinal, in both orders. */
function pairs(pods: readonly ClusterPod[]): [ClusterPod, ClusterPod][] {
  const ordinal = ({ name }: ClusterPod): string | undefined => name.split("-").at(-1);
  return pods.flatMap((a) =>
    pods
      .filter((b) => a !== b && ordinal(a) === ordinal(b))
      .map((b): [ClusterPod, ClusterPod] => [a, b]),
  );
}
