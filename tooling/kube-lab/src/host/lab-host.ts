import { spawn } from "node:child_process";
import { join } from "node:path";
import { type ExecuteOptions, execute } from "../execute.ts";
import { LabError } from "../lab-error.ts";
import { childOf, outerNumber, programOf } from "./processes.ts";

const UNSHARE = "unshare";

/** What a host of the lab is entered by. */
export interface LabHostPlace {
  readonly name: string;
  /** The process that keeps the host's namespaces. */
  readonly pid: number;
  /** The lab's first process: everything ends with it. */
  readonly leader: number;
}

/**
 * A host: a network namespace, and for those that run Kubernetes a mount namespace whose /run, /var/lib and /var/log are empty
 * and in memory. All hosts of a lab share one process namespace, so that the kernel ends all of it with its first process.
 */
export class LabHost implements LabHostPlace {
  readonly name: string;
  readonly pid: number;
  readonly leader: number;
  readonly #folder: string;

  constructor(place: LabHostPlace, folder: string) {
    this.name = place.name;
    this.pid = place.pid;
    this.leader = place.leader;
    this.#folder = folder;
  }

  /** The command line that runs a program in the host's network alone, with the files and processes of the machine. */
  inNetwork(program: string, args: readonly string[]): [program: string, args: string[]] {
    return ["nsenter", [`--net=/proc/${this.pid}/ns/net`, "--", program, ...args]];
  }

  /** Runs a program as a process of the host to its end. @throws LabError */
  execute(program: string, args: readonly string[], options?: ExecuteOptions): Promise<string> {
    return execute("nsenter", [...this.#enter(), program, ...args], options);
  }

  /** Runs a script of /bin/sh in the host. @throws LabError */
  async script(lines: readonly string[]): Promise<void> {
    await this.execute("sh", ["-e"], { input: `${lines.join("\n")}\n` });
  }

  /**
   * Starts a program that outlives this process; it writes to `log/NAME.log` of the lab's folder.
   * @param name the program's part in the lab, for its log
   * @returns its process number here. @throws LabError
   */
  async start(name: string, program: string, args: readonly string[]): Promise<number> {
    const log = join(this.#folder, "log", `${name}.log`);
    // Its parent ends at once, so that the lab's first process becomes its parent.
    const line = 'setsid "$@" >>"$0" 2>&1 </dev/null & echo $!';
    const inner = Number(await this.execute("sh", ["-c", line, log, program, ...args]));
    const pid = outerNumber(this.leader, inner);
    if (pid === undefined) throw new LabError(`${name} ended at once; see ${log}`);
    return pid;
  }

  #enter(): string[] {
    return ["--target", String(this.pid), "--pid", "--mount", "--net", "--"];
  }
}

/**
 * Starts the first process of a lab, with its own process, mount and network namespaces.
 * @param pause a program that reaps its children and does nothing else. @returns its process number. @throws LabError
 */
export async function startLeader(pause: string): Promise<number> {
  const options = ["--pid", "--fork", "--mount-proc", "--mount", "--net"];
  const parent = spawn(UNSHARE, [...options, pause], { detached: true, stdio: "ignore" });
  parent.on("error", () => {});
  parent.unref();
  return await untilItRuns(pause, () => parent.pid && childOf(parent.pid));
}

/** Starts a process that keeps a network and a mount namespace; they are copies of those of `host`. @throws LabError */
export async function startKeeper(host: LabHost, name: string, pause: string): Promise<number> {
  const pid = await host.start(name, UNSHARE, ["--net", "--mount", pause]);
  return await untilItRuns(pause, () => pid);
}

/** Before it runs its program, a process of unshare does not have its namespaces. */
async function untilItRuns(program: string, find: () => number | undefined): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const pid = find();
    if (pid !== undefined && programOf(pid) === program) return pid;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new LabError(`unshare did not start ${program} within four seconds`);
}
