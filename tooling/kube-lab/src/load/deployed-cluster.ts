import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execute } from "../execute.ts";
import { REPOSITORY } from "../image/server-context.ts";
import type { Lab, LabCommand } from "../lab.ts";
import { LoadProcess, type LoadSettings } from "./load-process.ts";

/** A pod of the cluster, as the API server tells it. */
export interface ClusterPod {
  readonly name: string;
  readonly uid: string;
  readonly address: string;
  readonly node: string;
  readonly isReady: boolean;
  readonly containerId: string;
  readonly restarts: number;
}

const DEPLOY_LIMIT_MS = 170_000;
const IDENTITY = "cali.*";
const SECRET = ".fornium";

/** A dtls-cluster that `dtls-cluster-deploy` has installed in a namespace of the lab. */
export class DeployedCluster {
  readonly namespace: string;
  readonly #lab: Lab;
  readonly #folder: string;

  constructor(lab: Lab, namespace: string) {
    this.#lab = lab;
    this.namespace = namespace;
    this.#folder = mkdtempSync(join(tmpdir(), "kube-lab-deployed-"));
    writeFileSync(this.#pskFile, `${IDENTITY}=${Buffer.from(SECRET).toString("base64")}\n`, {
      mode: 0o600,
    });
  }

  /** The command line that runs `dtls-cluster-deploy` for this namespace. */
  deployCommand(command: string, args: readonly string[]): LabCommand {
    return this.#lab.inClient(process.execPath, [
      "--conditions=@dtls-cluster/source",
      "--disable-warning=ExperimentalWarning",
      join(REPOSITORY, "apps", "deploy", "src", "main.ts"),
      ...[command, "--namespace", this.namespace, ...args],
    ]);
  }

  /** Runs `dtls-cluster-deploy` to its end; returns what it printed. @throws LabError */
  async deploy(command: string, ...args: readonly string[]): Promise<string> {
    const { program, args: all, env } = this.deployCommand(command, args);
    return await execute(program, all, { env, timeoutMs: DEPLOY_LIMIT_MS });
  }

  /** The command line that installs nodes which run `image`. */
  installCommand(image: string, replicas: number): LabCommand {
    return this.deployCommand("install", this.#installOptions(image, replicas));
  }

  /** Installs nodes that run `image`. @throws LabError */
  install(image: string, replicas: number): Promise<string> {
    return this.deploy("install", ...this.#installOptions(image, replicas));
  }

  /** @throws LabError */
  kubectl(...args: readonly string[]): Promise<string> {
    return this.#lab.kubectl(["--namespace", this.namespace, ...args]);
  }

  /** The address of the service, as clients see it. @throws LabError */
  serviceAddress(): Promise<string> {
    return this.kubectl("get", "service", "dtls-cluster", "-o", "jsonpath={.spec.clusterIP}");
  }

  /** Starts load through the service, and waits until all clients are connected. @throws LabError */
  async startLoad(settings: Omit<LoadSettings, "address" | "psk">): Promise<LoadProcess> {
    const address = await this.serviceAddress();
    const load = new LoadProcess(this.#lab, { ...settings, address, psk: `${IDENTITY}:${SECRET}` });
    await load.connected;
    return load;
  }

  /** All pods, by name. @throws LabError */
  async pods(): Promise<ClusterPod[]> {
    const { items } = JSON.parse(await this.kubectl("get", "pods", "-o", "json")) as PodList;
    return items.map(clusterPod).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Ends the first process of a pod's container at once. @throws LabError */
  async kill(pod: ClusterPod): Promise<void> {
    const node = this.#lab.nodes.find(({ name }) => name === pod.node);
    await node?.killContainer(pod.containerId, "SIGKILL");
  }

  /** Removes what this object keeps outside of the cluster. */
  forget(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Removes the namespace, without waiting for its end. @throws LabError */
  async remove(): Promise<void> {
    this.forget();
    await this.#lab.kubectl(["delete", "namespace", this.namespace, "--wait=false"]);
  }

  #installOptions(image: string, replicas: number): string[] {
    const what = ["--image", image, "--replicas", String(replicas)];
    return [...what, "--psk-file", this.#pskFile];
  }

  get #pskFile(): string {
    return join(this.#folder, "psk.txt");
  }
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly uid: string };
    readonly spec: { readonly nodeName?: string };
    readonly status: {
      readonly podIP?: string;
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
      readonly containerStatuses?: readonly {
        readonly containerID?: string;
        readonly restartCount: number;
      }[];
    };
  }[];
}

function clusterPod({ metadata, spec, status }: PodList["items"][number]): ClusterPod {
  const [container] = status.containerStatuses ?? [];
  const { conditions = [] } = status;
  return {
    name: metadata.name,
    uid: metadata.uid,
    address: status.podIP ?? "",
    node: spec.nodeName ?? "",
    isReady: conditions.some(({ type, status: is }) => type === "Ready" && is === "True"),
    containerId: container?.containerID ?? "",
    restarts: container?.restartCount ?? 0,
  };
}
