import type { Binaries } from "../binaries.ts";
import type { LabHost } from "../host/lab-host.ts";
import { CNI_CONFIG_FILE, CONTAINERD_SOCKET, type NodeSettings, nodeFiles } from "./node-files.ts";

const IMPORT_LIMIT_MS = 180_000;

/** A host of the cluster: containerd, kubelet and kube-proxy. */
export class LabNode {
  readonly host: LabHost;

  constructor(host: LabHost) {
    this.host = host;
  }

  get name(): string {
    return this.host.name;
  }

  /** Starts containerd; returns its process number. @throws LabError */
  async startContainerd(settings: NodeSettings): Promise<number> {
    const { host } = this;
    await host.script([`mkdir -p ${FILES}`]);
    for (const [name, text] of Object.entries(nodeFiles(settings))) {
      await host.execute("tee", [`${FILES}/${name}`], { input: text });
    }
    await host.script([
      `mkdir -p $(dirname ${CNI_CONFIG_FILE})`,
      `cp ${FILES}/pods.conflist ${CNI_CONFIG_FILE}`,
      "echo 1 > /proc/sys/net/ipv4/ip_forward",
    ]);
    const pid = await host.start(`${this.name}-containerd`, "containerd", [
      ...["--config", `${FILES}/containerd.toml`],
    ]);
    await this.#waitForContainerd();
    return pid;
  }

  /** Starts kubelet; returns its process number. @throws LabError */
  startKubelet(binaries: Binaries, kubeconfig: string, address: string): Promise<number> {
    return this.host.start(`${this.name}-kubelet`, binaries.path("kubelet"), [
      `--config=${FILES}/kubelet.json`,
      `--kubeconfig=${kubeconfig}`,
      `--hostname-override=${this.name}`,
      `--node-ip=${address}`,
    ]);
  }

  /** Starts kube-proxy; returns its process number. @throws LabError */
  startProxy(program: string): Promise<number> {
    return this.host.start(`${this.name}-kube-proxy`, program, [
      `--config=${FILES}/kube-proxy.json`,
    ]);
  }

  /** Gives the node the images of a docker-archive. @throws LabError */
  async importImage(archive: string): Promise<void> {
    await this.#ctr(["images", "import", "--no-unpack", archive], IMPORT_LIMIT_MS);
  }

  /** Gives an image of the node a second name. @throws LabError */
  async tagImage(name: string, second: string): Promise<void> {
    await this.#ctr(["images", "tag", name, second]);
  }

  /** Sends a signal to the first process of a container. @param id as in the pod's status. @throws LabError */
  async killContainer(id: string, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void> {
    await this.#ctr(["tasks", "kill", "--signal", signal, id.replace(/^containerd:\/\//, "")]);
  }

  async #waitForContainerd(): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.#ctr(["version"]);
        return;
      } catch (error) {
        if (attempt === 50) throw error;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  #ctr(args: readonly string[], timeoutMs = 20_000): Promise<string> {
    const options = ["--address", CONTAINERD_SOCKET, "--namespace", "k8s.io"];
    return this.host.execute("ctr", [...options, ...args], { timeoutMs });
  }
}

const FILES = "/run/kube-lab";
