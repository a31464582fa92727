import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPOSITORY } from "../../src/image/server-context.ts";
import type { Lab } from "../../src/lab.ts";

/** How a run of `dtls-cluster-deploy` ended. */
export interface DeployRun {
  readonly code: number | null;
  readonly lines: readonly string[];
  /** Standard error. */
  readonly problem: string;
}

/** Devices' keys of the benchmark. */
const PSK = `cali.*=${Buffer.from(".fornium").toString("base64")}\n`;

/** A namespace in which the command is run, as a process of its own. */
export class DeploySite {
  readonly namespace: string;
  readonly #lab: Lab;
  readonly #folder = mkdtempSync(join(tmpdir(), "deploy-"));
  readonly #children: Set<ChildProcess> = new Set();

  constructor(lab: Lab, namespace: string) {
    this.#lab = lab;
    this.namespace = namespace;
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.#lab.kubectl(["--namespace", this.namespace, ...args], { timeoutMs: 60_000 });
  }

  /** @param killOn SIGKILL as soon as a line matches */
  run(
    args: readonly string[],
    killOn?: RegExp,
    environment: NodeJS.ProcessEnv = {},
  ): Promise<DeployRun> {
    const {
      program,
      args: all,
      env,
    } = this.#lab.inClient(process.execPath, [
      "--conditions=@dtls-cluster/source",
      "--disable-warning=ExperimentalWarning",
      join(REPOSITORY, "apps", "deploy", "src", "main.ts"),
      ...args,
    ]);
    const variables = {
      KUBECTL_NAMESPACE: this.namespace,
      DTLS_CLUSTER_DEPLOY_INTERVAL: "0.5",
      DTLS_CLUSTER_DEPLOY_DRAIN_QUIET: "1",
    };
    const child = spawn(program, all, {
      cwd: REPOSITORY,
      env: { ...process.env, ...env, ...variables, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#children.add(child);
    let output = "";
    let problem = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (killOn?.test(output)) child.kill("SIGKILL");
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      problem += chunk.toString();
    });
    return new Promise((resolve) => {
      child.on("close", (code) => {
        this.#children.delete(child);
        resolve({ code, lines: output.split("\n").filter((line) => line !== ""), problem });
      });
    });
  }

  async install(image: string, replicas: number): Promise<void> {
    const psk = join(this.#folder, "psk.txt");
    writeFileSync(psk, PSK);
    const run = await this.run([
      ...["install", "--image", image, "--replicas", `${replicas}`, "--psk-file", psk],
      ...["--timeout", "60", "--kube-host", "<ip>"],
    ]);
    if (run.code !== 0) throw new Error(`install: ${run.problem}`);
  }

  async apply(object: object): Promise<void> {
    const args = ["--namespace", this.namespace, "apply", "-f", "-"];
    await this.#lab.kubectl(args, { input: JSON.stringify(object) });
  }

  /** A kubeconfig for the holder of a token. */
  async kubeconfigFor(token: string): Promise<string> {
    const view = await this.#lab.kubectl(["config", "view", "--raw", "-o", "json"]);
    const config = JSON.parse(view) as { users: { name: string; user: object }[] };
    const users = config.users.map(({ name }) => ({ name, user: { token } }));
    const file = join(this.#folder, "limited.kubeconfig");
    writeFileSync(file, JSON.stringify({ ...config, users }), { mode: 0o600 });
    return file;
  }

  async json<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.kubectl(...args, "-o", "json")) as T;
  }

  async status(): Promise<SiteStatus> {
    const { lines, problem } = await this.run(["status", "--json"]);
    if (lines[0] === undefined) throw new Error(problem);
    return JSON.parse(lines[0]) as SiteStatus;
  }

  /** What can be changed, by name and version: equal before and after means that nothing was touched. */
  async fingerprint(): Promise<readonly string[]> {
    const kinds =
      "statefulset,secret,service,role,rolebinding,serviceaccount,poddisruptionbudget,networkpolicy";
    const { items } = await this.json<{ items: readonly Item[] }>("get", kinds);
    const pods = await this.json<{ items: readonly Item[] }>("get", "pod");
    return [
      ...items.map(
        ({ kind, metadata }) =>
          `${kind}/${metadata.name} ${metadata.generation ?? metadata.resourceVersion} ${JSON.stringify(metadata.annotations ?? {})}`,
      ),
      ...pods.items.map(
        ({ metadata }) => `${metadata.name} ${metadata.uid} ${JSON.stringify(metadata.labels)}`,
      ),
    ].sort();
  }

  async remove(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
    await this.#lab.kubectl([
      "delete",
      "namespace",
      this.namespace,
      "--wait=false",
      "--ignore-not-found",
    ]);
    await this.kubectl("delete", "pod", "--all", "--force", "--grace-period=0");
  }
}

export interface SiteStatus {
  readonly sets: readonly {
    readonly colour: string;
    readonly name: string;
    readonly image: string;
    readonly replicas: number;
    readonly ready: number;
    readonly activity?: string;
  }[];
  readonly pods: readonly {
    readonly name: string;
    readonly nodeId: number;
    readonly state: string;
    readonly image: string;
    readonly generation?: number;
    readonly connections?: number;
  }[];
  readonly underWay?: string;
}

interface Item {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly generation?: number;
    readonly resourceVersion: string;
    readonly labels?: object;
    readonly annotations?: object;
  };
}
