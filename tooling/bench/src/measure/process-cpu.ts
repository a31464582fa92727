import { readFileSync } from "node:fs";

// USER_HZ, the unit of /proc/PID/stat, is 100 on every architecture that Node.js runs on.
const MICROS_PER_TICK = 10_000;

/** CPU time of a process since its start, in microseconds. */
export interface CpuTime {
  readonly user: number;
  readonly system: number;
  readonly total: number;
}

/** All threads of the process, in steps of 10 ms. @throws Error when the process is gone. */
export function cpuTimeOf(pid: number): CpuTime {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name of the program stands in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const user = Number(fields[11]) * MICROS_PER_TICK;
  const system = Number(fields[12]) * MICROS_PER_TICK;
  return { user, system, total: user + system };
}

export function cpuBetween(before: CpuTime, after: CpuTime): CpuTime {
  return {
    user: after.user - before.user,
    system: after.system - before.system,
    total: after.total - before.total,
  };
}
