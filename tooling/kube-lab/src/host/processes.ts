import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process that is known beyond the life of its number: numbers are used again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from the start of the machine to that of the process. */
  readonly startedAt: string;
}

/** Undefined when it has ended. */
export function identify(pid: number): ProcessIdentity | undefined {
  const [state, , ...rest] = statusFields(pid);
  const isGone = state === undefined || state === "Z";
  return isGone ? undefined : { pid, startedAt: rest[17] ?? "" };
}

/** The first child of a process. */
export function childOf(parent: number): number | undefined {
  return allProcesses().find((pid) => statusFields(pid)[1] === String(parent));
}

/** What stands in /proc/PID/stat behind the name: state, number of the parent, and so on. */
function statusFields(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name may hold anything, also parentheses.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startedAt === identity.startedAt;
}

/** The name of a namespace of a process; undefined when the process has ended. */
export function namespaceOf(pid: number, kind: "net" | "pid"): string | undefined {
  return linkOf(pid, `ns/${kind}`);
}

/** The path of the program that a process runs; undefined when it has ended. */
export function programOf(pid: number): string | undefined {
  return linkOf(pid, "exe");
}

function linkOf(pid: number, name: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    return undefined;
  }
}

/** All processes that this one can see. */
export function allProcesses(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** The numbers of a process in all process namespaces from ours down to its own. */
function nestedNumbers(pid: number): number[] {
  try {
    const line = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return (line?.[1] ?? "").split(/\s+/).map(Number);
  } catch {
    return [];
  }
}

/** Our number for the process that has number `inner` in the process namespace of `leader`. */
export function outerNumber(leader: number, inner: number): number | undefined {
  const namespace = namespaceOf(leader, "pid");
  return allProcesses().find(
    (pid) => nestedNumbers(pid).at(-1) === inner && namespaceOf(pid, "pid") === namespace,
  );
}

/** Sends a signal; a process that has ended meanwhile is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
