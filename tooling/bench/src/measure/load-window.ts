import { Load, type LoadReport } from "../process/load.ts";
import { type CpuTime, cpuBetween, cpuTimeOf } from "./process-cpu.ts";

/**
 * Seconds under load that are usually not measured: clients start one by one, the JIT compiler is at work, and what
 * is kept for each client grows to its size.
 */
export const WARM_UP_SECONDS = 4;

export interface WindowOptions {
  readonly uris: readonly string[];
  readonly clients: number;
  readonly seconds: number;
  /** Default {@link WARM_UP_SECONDS}. */
  readonly warmUpSeconds?: number;
  readonly args?: readonly string[];
}

/** What servers and client did in the measured window of a load. */
export interface LoadWindow {
  readonly requests: number;
  readonly seconds: number;
  /** CPU time of each server, in the order of their pids. */
  readonly servers: readonly CpuTime[];
  readonly client: CpuTime;
  /** The client's report on the whole load, warming up included. */
  readonly report: LoadReport;
}

interface Sample {
  readonly at: number;
  readonly requests: number;
  readonly servers: readonly CpuTime[];
  readonly client: CpuTime;
}

/** Loads servers and samples everybody's CPU time at the ends of the window. */
export async function measureLoad(
  pids: readonly number[],
  options: WindowOptions,
): Promise<LoadWindow> {
  const first = options.warmUpSeconds ?? WARM_UP_SECONDS;
  const last = first + options.seconds;
  const samples = new Map<number, Sample>();
  const load: Load = new Load({
    uris: options.uris,
    clients: options.clients,
    seconds: last + 1,
    args: options.args ?? [],
    onLine: (n, { requests }) => {
      if (n !== first && n !== last) return;
      const sample = takeSample(pids, load.pid, requests);
      if (sample !== undefined) samples.set(n, sample);
    },
  });
  try {
    await load.connected();
    const report = await load.report();
    const from = samples.get(first);
    const to = samples.get(last);
    if (from === undefined || to === undefined || to.requests === from.requests) {
      throw new Error("the load ended before the end of the window, or a server did");
    }
    return {
      requests: to.requests - from.requests,
      seconds: (to.at - from.at) / 1000,
      servers: to.servers.map((cpu, index) => cpuBetween(from.servers[index] ?? cpu, cpu)),
      client: cpuBetween(from.client, to.client),
      report,
    };
  } finally {
    await load.stop();
  }
}

function takeSample(
  pids: readonly number[],
  clientPid: number,
  requests: number,
): Sample | undefined {
  try {
    return {
      at: performance.now(),
      requests,
      servers: pids.map(cpuTimeOf),
      client: cpuTimeOf(clientPid),
    };
  } catch {
    // A process is gone; without its sample the window counts as failed.
    return undefined;
  }
}
