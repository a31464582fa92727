import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Binaries, KEEPING_PROXY } from "./binaries.ts";
import { Authority } from "./cluster/authority.ts";
import { CONTROL_PROGRAMS, ControlPlane } from "./cluster/control-plane.ts";
import { writeKubeconfig } from "./cluster/kubeconfig.ts";
import { LabNode } from "./cluster/lab-node.ts";
import { createNodeGroup } from "./host/control-groups.ts";
import { LabHost, startKeeper, startLeader } from "./host/lab-host.ts";
import {
  addRoutes,
  CLIENT_ADDRESS,
  createBridge,
  joinBridge,
  nodeAddress,
} from "./host/network.ts";
import { makeFilesPrivate } from "./host/private-files.ts";
import { identify } from "./host/processes.ts";
import { pauseImage } from "./image/pause-image.ts";
import { kubeconfigOf, Lab, pkiFolder } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import { createRecord, type LabRecord, labFolder, writeRecord } from "./lab-record.ts";
import { removeLab } from "./remove-lab.ts";

export interface LabSettings {
  readonly name: string;
  /** 1 to 5: nodes of the Kubernetes cluster. */
  readonly nodes: number;
  /** The lab ends with this process. */
  readonly isOwned: boolean;
  /** Flows stay with their pods for as long as conntrack remembers them. Default: kube-proxy moves them. */
  readonly keepsConntrack?: boolean;
  /** Stops the start. */
  readonly interrupted?: AbortSignal;
}

const READY_WITHIN_MS = 120_000;

/** Brings a lab up; removes what there is of it when that fails. @throws LabError */
export async function createLab(settings: LabSettings): Promise<Lab> {
  const binaries = await Binaries.ensure(settings.interrupted);
  const record = createRecord(settings.name, settings.isOwned);
  try {
    await new LabBuilder(settings, binaries, record).build();
    return Lab.open(settings.name);
  } catch (error) {
    await removeLab(settings.name);
    throw error;
  }
}

type Changing<T> = { -readonly [K in keyof T]: T[K] };

class LabBuilder {
  readonly #settings: LabSettings;
  readonly #binaries: Binaries;
  readonly #folder: string;
  readonly #record: Changing<LabRecord>;

  constructor(settings: LabSettings, binaries: Binaries, record: LabRecord) {
    this.#settings = settings;
    this.#binaries = binaries;
    this.#folder = labFolder(settings.name);
    this.#record = { ...record };
  }

  async build(): Promise<void> {
    mkdirSync(join(this.#folder, "log"));
    const control = await this.#startControlHost();
    await createBridge(control);
    const client = await this.#startHost(control, "client", CLIENT_ADDRESS);
    this.#change({ client });
    const authority = await Authority.create(pkiFolder(this.#settings.name));
    await this.#startControlPlane(control, authority);
    const nodes: LabNode[] = [];
    for (let index = 1; index <= this.#settings.nodes; index += 1) {
      nodes.push(await this.#startNode(control, authority, index));
    }
    await addRoutes(
      control,
      nodes.map(({ host }) => host),
      client,
    );
    this.#change({ isComplete: true });
    await this.#waitUntilReady();
  }

  async #startControlHost(): Promise<LabHost> {
    const pid = await startLeader(this.#binaries.path("pause"));
    const leader = identify(pid);
    if (leader === undefined) throw new LabError("the lab's first process ended at once");
    const host = new LabHost({ name: "control", pid, leader: pid }, this.#folder);
    this.#change({ leader, control: host });
    await makeFilesPrivate(host, this.#folder);
    return host;
  }

  /** Starts a host with a network of its own, and files of its own if it runs Kubernetes. */
  async #startHost(control: LabHost, name: string, address: string): Promise<LabHost> {
    const pid = await startKeeper(control, name, this.#binaries.path("pause"));
    const host = new LabHost({ name, pid, leader: control.leader }, this.#folder);
    await joinBridge(control, host, address);
    return host;
  }

  async #startControlPlane(host: LabHost, authority: Authority): Promise<void> {
    const kubeconfig = (user: string): string => kubeconfigOf(this.#settings.name, user);
    const plane = new ControlPlane(host, this.#binaries, authority, kubeconfig);
    await plane.prepare();
    for (const user of ["admin", "kube-controller-manager", "kube-scheduler", "kube-proxy"]) {
      writeKubeconfig(kubeconfig(user), authority, user);
    }
    const names = fileURLToPath(new URL("names/main.ts", import.meta.url));
    this.#addProgram("names", await host.start("names", process.execPath, [names]));
    for (const program of CONTROL_PROGRAMS) this.#addProgram(program, await plane.start(program));
  }

  async #startNode(control: LabHost, authority: Authority, index: number): Promise<LabNode> {
    const { name: lab } = this.#settings;
    const name = `node-${index}`;
    const address = nodeAddress(index);
    await authority.issue(name, {
      user: `system:node:${name}`,
      group: "system:nodes",
      hosts: [address, name],
    });
    writeKubeconfig(kubeconfigOf(lab, name), authority, name);
    const host = await this.#startHost(control, name, address);
    this.#change({ nodes: [...this.#record.nodes, host] });
    await makeFilesPrivate(host, this.#folder);
    createNodeGroup(lab, name);
    const node = new LabNode(host);
    const containerd = await node.startContainerd({
      ...{ lab, name, index, address },
      trust: authority.certificate,
      certificate: authority.certificateOf(name),
      key: authority.keyOf(name),
      proxyKubeconfig: kubeconfigOf(lab, "kube-proxy"),
    });
    this.#addProgram(`${name}-containerd`, containerd);
    await node.importImage(await pauseImage(this.#binaries));
    const kubelet = await node.startKubelet(this.#binaries, kubeconfigOf(lab, name), address);
    this.#addProgram(`${name}-kubelet`, kubelet);
    const program = this.#settings.keepsConntrack ? KEEPING_PROXY : "kube-proxy";
    const proxy = await node.startProxy(this.#binaries.path(program));
    this.#addProgram(`${name}-kube-proxy`, proxy);
    return node;
  }

  /** The default service account is what a new pod needs from the controllers. */
  async #waitUntilReady(): Promise<void> {
    const lab = Lab.open(this.#settings.name);
    const deadline = Date.now() + READY_WITHIN_MS;
    let isReady = false;
    while (!isReady) {
      this.#settings.interrupted?.throwIfAborted();
      const dead = lab.programs().find(({ isRunning }) => !isRunning);
      if (dead !== undefined) {
        throw new LabError(`${dead.name} ended: ${this.#lastWords(dead.name)}`);
      }
      try {
        await lab.kubectl(["get", "serviceaccount", "default"]);
        isReady = (await readyNodes(lab)) === lab.nodes.length;
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
      if (!isReady && Date.now() > deadline) {
        throw new LabError(`not all nodes are ready after ${READY_WITHIN_MS / 1000} s`);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  #addProgram(name: string, pid: number): void {
    const identity = identify(pid);
    if (identity === undefined) throw new LabError(`${name} ended: ${this.#lastWords(name)}`);
    this.#change({ programs: { ...this.#record.programs, [name]: identity } });
  }

  #lastWords(name: string): string {
    const log = join(this.#folder, "log", `${name}.log`);
    return readFileSync(log, "utf8").trim().split("\n").slice(-3).join("; ");
  }

  #change(change: Partial<LabRecord>): void {
    this.#settings.interrupted?.throwIfAborted();
    Object.assign(this.#record, change);
    writeRecord(this.#record);
  }
}

async function readyNodes(lab: Lab): Promise<number> {
  const path = '{.items[*].status.conditions[?(@.type=="Ready")].status}';
  const ready = await lab.kubectl(["get", "nodes", "-o", `jsonpath=${path}`]);
  return ready.split(" ").filter((status) => status === "True").length;
}
