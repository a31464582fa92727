import { Worker } from "node:worker_threads";
import { HANG_MS } from "./fuzzer.ts";
import type { WorkerReport, WorkerTask } from "./worker.ts";

const SHARED_BYTES = 8 + 65_536;
/** Mebibytes of heap that a target may take: more is a finding. */
const MAX_HEAP_MIB = 768;

/** Fuzzes one target in a thread of its own, where an endless loop and a full heap can be seen. */
export function watchedRun(task: Omit<WorkerTask, "shared">): Promise<WorkerReport> {
  const shared = new SharedArrayBuffer(SHARED_BYTES);
  const words = new Int32Array(shared, 0, 2);
  const worker = new Worker(new URL("worker.ts", import.meta.url), {
    workerData: { ...task, shared } satisfies WorkerTask,
    execArgv: process.execArgv,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
  });
  const underWay = (): Uint8Array =>
    Uint8Array.from(new Uint8Array(shared, 8, Atomics.load(words, 1)));
  return new Promise((resolve) => {
    const settle = (report: WorkerReport): void => {
      clearInterval(watch);
      resolve(report);
      void worker.terminate();
    };
    const found = (reason: string): void =>
      settle({
        runs: Atomics.load(words, 0),
        outcomes: 0,
        finding: { input: underWay(), reason },
      });
    let seen = -1;
    const watch = setInterval(() => {
      const runs = Atomics.load(words, 0);
      if (runs === seen && runs > 0) found(`takes longer than ${HANG_MS} ms`);
      seen = runs;
    }, HANG_MS);
    worker.once("message", settle);
    worker.once("error", (error) => found(`${error}`));
  });
}
