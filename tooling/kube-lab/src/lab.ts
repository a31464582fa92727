import { join } from "node:path";
import { Binaries } from "./binaries.ts";
import { Authority } from "./cluster/authority.ts";
import { ControlPlane } from "./cluster/control-plane.ts";
import { LabNode } from "./cluster/lab-node.ts";
import { type ExecuteOptions, execute } from "./execute.ts";
import { LabHost } from "./host/lab-host.ts";
import { identify, isAlive, signal } from "./host/processes.ts";
import { LabError } from "./lab-error.ts";
import { isAbandoned, type LabRecord, labFolder, readRecord, writeRecord } from "./lab-record.ts";
import { removeLab } from "./remove-lab.ts";

const API_SERVER = "kube-apiserver";

/** A lab that is up. */
export class Lab {
  readonly name: string;
  readonly folder: string;
  /** The file with which the administrator reaches the API server from {@link client}. */
  readonly kubeconfig: string;
  readonly client: LabHost;
  readonly nodes: readonly LabNode[];
  readonly #binaries: Binaries;
  #record: LabRecord;

  private constructor(record: LabRecord, binaries: Binaries) {
    const { name, client, nodes } = record;
    if (client === undefined) throw new LabError(`lab ${name} has no client host`);
    this.name = name;
    this.folder = labFolder(name);
    this.kubeconfig = kubeconfigOf(name, "admin");
    this.client = new LabHost(client, this.folder);
    this.nodes = nodes.map((node) => new LabNode(new LabHost(node, this.folder)));
    this.#binaries = binaries;
    this.#record = record;
  }

  /** The lab of this name. @throws LabError when there is none, or it is not up */
  static open(name: string): Lab {
    const record = readRecord(name);
    const binaries = Binaries.cached();
    if (
      record === undefined ||
      binaries === undefined ||
      !record.isComplete ||
      isAbandoned(record)
    ) {
      throw new LabError(`lab ${name} is not up: npm run kube-lab -- up --name ${name}`);
    }
    return new Lab(record, binaries);
  }

  /** The programs of the cluster, and whether they run. */
  programs(): { readonly name: string; readonly pid: number; readonly isRunning: boolean }[] {
    return Object.entries(this.#record.programs).map(([name, identity]) => ({
      name,
      pid: identity.pid,
      isRunning: isAlive(identity),
    }));
  }

  /** The command line and environment that run a program in the clients' network, as administrator of the cluster. */
  inClient(program: string, args: readonly string[]): LabCommand {
    const [enter, all] = this.client.inNetwork(program, args);
    const path = `${this.#binaries.folder}:${process.env["PATH"]}`;
    return { program: enter, args: all, env: { KUBECONFIG: this.kubeconfig, PATH: path } };
  }

  /** Runs kubectl to its end; returns what it wrote. @throws LabError */
  async kubectl(args: readonly string[], options: ExecuteOptions = {}): Promise<string> {
    const { program, args: all, env } = this.inClient("kubectl", args);
    return await execute(program, all, { ...options, env: { ...env, ...options.env } });
  }

  /** Gives all nodes the images of a docker-archive. @throws LabError */
  async importImage(archive: string): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.importImage(archive)));
  }

  /** Gives an image of all nodes a second name. @throws LabError */
  async tagImage(name: string, second: string): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.tagImage(name, second)));
  }

  /** Sends a signal to a program of the cluster. @throws LabError when there is none of this name */
  signal(program: string, name: NodeJS.Signals): void {
    const identity = this.#record.programs[program];
    if (identity === undefined) throw new LabError(`lab ${this.name} has no program ${program}`);
    if (isAlive(identity)) signal(identity.pid, name);
  }

  /** Ends the API server at once, as a crash would. @throws LabError */
  async stopApiServer(): Promise<void> {
    this.signal(API_SERVER, "SIGKILL");
    while (this.programs().some(({ name, isRunning }) => name === API_SERVER && isRunning)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Starts the API server after it was stopped. @throws LabError */
  async startApiServer(): Promise<void> {
    const { control, name } = this.#record;
    if (control === undefined) throw new LabError(`lab ${name} has no control plane`);
    const authority = Authority.open(pkiFolder(name));
    const host = new LabHost(control, this.folder);
    const plane = new ControlPlane(host, this.#binaries, authority, (user) =>
      kubeconfigOf(name, user),
    );
    const pid = await plane.start(API_SERVER);
    const identity = identify(pid);
    if (identity === undefined) throw new LabError(`${API_SERVER} ended at once`);
    this.#record = {
      ...this.#record,
      programs: { ...this.#record.programs, [API_SERVER]: identity },
    };
    writeRecord(this.#record);
  }

  /** Removes the lab. @throws LabError */
  remove(): Promise<void> {
    return removeLab(this.name);
  }
}

export interface LabCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The file with which a user of the cluster reaches its API server. */
export function kubeconfigOf(lab: string, user: string): string {
  return join(labFolder(lab), user === "admin" ? "kubeconfig" : `${user}.kubeconfig`);
}

/** Where the keys and certificates of a lab's cluster are. */
export function pkiFolder(lab: string): string {
  return join(labFolder(lab), "pki");
}
