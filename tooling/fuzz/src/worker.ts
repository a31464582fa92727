import { parentPort, workerData } from "node:worker_threads";
import { readCorpus } from "./corpus.ts";
import { fuzz } from "./fuzzer.ts";
import { targetByName } from "./targets.ts";

/** What a worker is started with. */
export interface WorkerTask {
  readonly target: string;
  readonly seconds: number;
  readonly seed: number;
  /** The input under way: its number and length in two words, then its bytes. */
  readonly shared: SharedArrayBuffer;
}

/** What a worker says when it is done. */
export interface WorkerReport {
  readonly runs: number;
  readonly outcomes: number;
  readonly finding: { readonly input: Uint8Array; readonly reason: string } | undefined;
}

if (parentPort !== null) {
  const { target, seconds, seed, shared } = workerData as WorkerTask;
  const words = new Int32Array(shared, 0, 2);
  const bytes = new Uint8Array(shared, 8);
  const end = performance.now() + seconds * 1000;
  // A stack costs more than the rest of refusing an input; a finding is run again to get one.
  Error.stackTraceLimit = 0;
  const result = fuzz(targetByName(target), {
    seed,
    corpus: [...readCorpus(target).values()],
    isOver: () => performance.now() >= end,
    before: (input) => {
      bytes.set(input);
      words[1] = input.length;
      Atomics.add(words, 0, 1);
    },
  });
  const report: WorkerReport = {
    runs: result.runs,
    outcomes: result.outcomes,
    finding: result.finding && {
      input: result.finding.input,
      reason: reasonOf(target, result.finding.input, result.finding.error),
    },
  };
  parentPort.postMessage(report);
}

function reasonOf(target: string, input: Uint8Array, first: unknown): string {
  Error.stackTraceLimit = 20;
  try {
    targetByName(target).run(input);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  return `${first} (not when it is run again)`;
}
