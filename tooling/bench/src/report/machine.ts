import { cpus, loadavg, release, type } from "node:os";

/** Cores, CPU, kernel and Node.js of this machine, and what else it was doing. */
export function describeMachine(): string {
  const all = cpus();
  const model = all[0]?.model.trim() ?? "unknown CPU";
  const load = (loadavg()[0] ?? 0).toFixed(2);
  return `${all.length} cores ${model}, ${type()} ${release()}, Node.js ${process.version}, load average ${load} at the start`;
}
