import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { execute } from "../command.ts";
import { LabError } from "../lab-error.ts";

const PREFIX = "netlab";
const NAMES = "/run/netns";
const IP = "ip";

/**
 * Starts a program that takes only the processor time that is left over. To a scheduler that groups by session
 * (autogroup) niceness counts within a session only, so such a program has its own, which is nice as a whole.
 * With 10 a server gets nine times its time: enough that its queue is empty, and the load does not starve.
 */
const YIELDING = [
  "sh",
  "-c",
  '[ ! -w /proc/self/autogroup ] || echo 10 >/proc/self/autogroup; exec nice -n 10 "$@"',
  "sh",
] as const;

export interface SpawnOptions {
  readonly stdio: StdioOptions;
  readonly env?: NodeJS.ProcessEnv;
  /** It is no part of what is measured: everything else goes first. */
  readonly yields?: boolean;
}

/** A network namespace: a host of its own on this machine. */
export class Namespace {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  /** @param label what it is for; the process id keeps the names of several runs apart. */
  static async create(label: string): Promise<Namespace> {
    const namespace = new Namespace(`${PREFIX}-${process.pid}-${label}`);
    await execute(IP, ["netns", "add", namespace.name]);
    await execute(IP, ["-n", namespace.name, "link", "set", "lo", "up"]);
    return namespace;
  }

  /** Runs a program in it to its end. @throws LabError */
  exec(program: string, args: readonly string[], input?: string): Promise<string> {
    return execute(IP, ["netns", "exec", this.name, program, ...args], input);
  }

  /** Runs lines of `ip` commands in it. @throws LabError */
  async ip(...lines: readonly string[]): Promise<void> {
    await execute(IP, ["-n", this.name, "-batch", "-"], `${lines.join("\n")}\n`);
  }

  /** Sets `net.*` values of this namespace alone. @throws LabError */
  async sysctl(values: Readonly<Record<string, number>>): Promise<void> {
    const lines = Object.entries(values).map(
      ([name, value]) => `echo ${value} > /proc/sys/${name.replaceAll(".", "/")}`,
    );
    await this.exec("sh", ["-ec", lines.join("\n")]);
  }

  /** Replaces the named chains at once, as kube-proxy does. @throws LabError */
  async iptables(rules: string): Promise<void> {
    await this.exec("iptables-restore", ["--noflush", "--wait"], rules);
  }

  /** Starts a program in it. */
  spawn(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const { stdio, env, yields = false } = options;
    const wrapper = yields ? YIELDING : [];
    return spawn(IP, ["netns", "exec", this.name, ...wrapper, program, ...args], {
      stdio,
      env: { ...process.env, ...env },
      detached: yields,
    });
  }

  async delete(): Promise<void> {
    await deleteNamespace(this.name);
  }
}

/** Removes what runs left behind that died before they could do so. @returns the names. */
export async function removeLeftovers(): Promise<string[]> {
  if (!existsSync(NAMES)) return [];
  const left = readdirSync(NAMES).filter((name) => {
    const owner = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1];
    return owner !== undefined && Number(owner) !== process.pid && !isRunning(owner);
  });
  for (const name of left) await deleteNamespace(name);
  return left;
}

/** True while a run with this process id goes on. */
export function isRunning(processId: string): boolean {
  try {
    return readFileSync(`/proc/${processId}/cmdline`, "utf8").includes(PREFIX);
  } catch {
    return false;
  }
}

async function deleteNamespace(name: string): Promise<void> {
  if (!existsSync(`${NAMES}/${name}`)) return;
  for (const processId of (await execute(IP, ["netns", "pids", name])).split(/\s+/)) {
    if (processId === "") continue;
    try {
      process.kill(Number(processId), "SIGKILL");
    } catch {
      // It ended in the meantime.
    }
  }
  await execute(IP, ["netns", "delete", name]);
}

/** Joins two namespaces by a cable. @throws LabError */
export async function connect(
  a: Namespace,
  interfaceA: string,
  b: Namespace,
  interfaceB: string,
): Promise<void> {
  if (interfaceA.length > 15 || interfaceB.length > 15) {
    throw new LabError(`interface names ${interfaceA}, ${interfaceB}: at most 15 characters`);
  }
  const args = ["link", "add", interfaceA, "netns", a.name, "type", "veth"];
  await execute(IP, [...args, "peer", "name", interfaceB, "netns", b.name]);
}
