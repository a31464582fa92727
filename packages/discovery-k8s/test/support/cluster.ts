import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubernetesApi, type PodLike } from "@dtls-cluster/testkit/kubernetes-api";
import {
  type KubernetesError,
  KubernetesNodes,
  type KubernetesNodesOptions,
} from "../../src/index.ts";

/** Pauses short enough for tests, and long enough that a loop without pause would show. */
const FAST: Partial<KubernetesNodesOptions> = {
  timeouts: { answerMs: 400, silenceMs: 400 },
  backoff: { firstMs: 20, maxMs: 80 },
  watch: { pollMs: 20, watchMs: 1000, slackMs: 300 },
  ownPod: { refusedMs: 200, silentMs: 600 },
};

export function meter(name: string, more: Partial<PodLike> = {}): PodLike {
  const colour = name.split("-")[1] ?? "";
  return {
    name,
    address: `10.0.${colour.charCodeAt(0)}.${name.slice(-1)}`,
    ...more,
    labels: {
      app: "meters",
      initialDtlsClusterNodes: "3",
      "controller-revision-hash": `revision-${colour}`,
      ...more.labels,
    },
  };
}

/** An API with a service account's files beside it. */
export class TestCluster {
  readonly api: KubernetesApi;
  readonly account: string;
  /** What was said about the API; undefined: it is well again. */
  readonly troubles: (KubernetesError | undefined)[] = [];
  readonly #open: KubernetesNodes[] = [];

  static async start(...pods: readonly PodLike[]): Promise<TestCluster> {
    const api = await KubernetesApi.start();
    for (const pod of pods) api.put(pod);
    return new TestCluster(api);
  }

  private constructor(api: KubernetesApi) {
    this.api = api;
    this.account = mkdtempSync(join(tmpdir(), "service-account-"));
    this.write("token", "first-token\n");
    this.write("ca.crt", api.authority.certificatePem);
    this.write("namespace", "meters");
  }

  /** Writes a file of the service account. */
  write(name: string, text: string): void {
    writeFileSync(join(this.account, name), text);
  }

  async nodes(pod: string, more: Partial<KubernetesNodesOptions> = {}): Promise<KubernetesNodes> {
    const nodes = await KubernetesNodes.open({
      host: `localhost:${this.api.port}`,
      serviceAccount: this.account,
      pod,
      clusterPort: 5884,
      trouble: (error) => this.troubles.push(error),
      ...FAST,
      ...more,
    });
    this.#open.push(nodes);
    return nodes;
  }

  async close(): Promise<void> {
    for (const nodes of this.#open) nodes.close();
    await this.api.close();
    rmSync(this.account, { recursive: true });
  }
}
