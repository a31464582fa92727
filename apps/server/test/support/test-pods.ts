import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubernetesApi, type PodLike } from "@dtls-cluster/testkit/kubernetes-api";
import { ServerProcess } from "./server-process.ts";
import { freePorts, type NodePorts, TEST_PSK, TestSite } from "./test-nodes.ts";

/** Each pod has an address of loopback of its own, and all have the same ports. */
export class TestPods {
  readonly api: KubernetesApi;
  readonly account: string = mkdtempSync(join(tmpdir(), "service-account-"));
  readonly #site = new TestSite();
  readonly #ports: NodePorts;
  readonly #pods = new Map<string, PodLike>();

  static async start(): Promise<TestPods> {
    const [ports] = await freePorts(1);
    return new TestPods(await KubernetesApi.start(), ports as NodePorts);
  }

  private constructor(api: KubernetesApi, ports: NodePorts) {
    this.api = api;
    this.#ports = ports;
    writeFileSync(join(this.account, "token"), "token-of-the-pod");
    writeFileSync(join(this.account, "namespace"), "meters");
    writeFileSync(join(this.account, "ca.crt"), api.authority.certificatePem);
  }

  /** Creates a pod, or changes what the API says of it. @param name ends in COLOUR-ORDINAL */
  put(name: string, more: Partial<PodLike> = {}): void {
    const [colour = "", ordinal = ""] = name.split("-").slice(1);
    const before = this.#pods.get(name);
    const pod: PodLike = {
      isReady: false,
      ...before,
      ...more,
      name,
      address: `127.9.${colour.charCodeAt(0)}.${Number(ordinal) + 1}`,
      labels: {
        app: "meters",
        initialDtlsClusterNodes: "1",
        "controller-revision-hash": `revision-${colour}`,
        ...before?.labels,
        ...more.labels,
      },
    };
    this.#pods.set(name, pod);
    this.api.put(pod);
  }

  remove(name: string): void {
    this.#pods.delete(name);
    this.api.remove(name);
  }

  /** Starts the process of a pod. */
  run(
    name: string,
    more: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
  ): ServerProcess {
    const address = this.#pods.get(name)?.address ?? "127.9.0.1";
    const { coaps, cluster, handover, http } = this.#ports;
    const args = [
      ["--kubernetes", "--kube-pod", name, "--psk", TEST_PSK, "--coap", "off"],
      ["--coaps", `${address}:${coaps}`],
      ["--cluster", `${address}:${cluster}`],
      ["--handover", `${address}:${handover}`],
      ["--http", `${address}:${http}`],
      ["--certs", this.#site.certificates],
      more,
    ].flat();
    return new ServerProcess(args, {
      KUBECTL_HOST: `localhost:${this.api.port}`,
      KUBECTL_SERVICE_ACCOUNT: this.account,
      KUBECTL_TOKEN: "",
      ...environment,
    });
  }

  /** Status of a page of the pod's monitor; 0 when nobody listens. */
  async page(name: string, path: "/alive" | "/ready"): Promise<number> {
    try {
      const address = this.#pods.get(name)?.address;
      const answer = await fetch(`http://${address}:${this.#ports.http}${path}`);
      await answer.text();
      return answer.status;
    } catch {
      return 0;
    }
  }

  async close(): Promise<void> {
    await this.api.close();
    this.#site.remove();
    rmSync(this.account, { recursive: true });
  }
}
