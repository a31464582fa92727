import { writeFileSync } from "node:fs";
import { Checks } from "./checks.ts";
import { LabError } from "./lab-error.ts";
import { removeLeftovers } from "./net/namespace.ts";
import { type LabOptions, parseOptions } from "./options.ts";
import { missingForLab } from "./requirements.ts";
import { clusterModes, type RunContext, runCluster } from "./run/cluster-run.ts";
import { removeLeftFolders } from "./run/folder.ts";
import { runUpdate, updateModes } from "./run/update-run.ts";

const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
const options = parseOptions(process.argv.slice(2));
const interruption = new AbortController();
let signalled: number | undefined;
for (const [signal, code] of Object.entries(SIGNAL_EXIT_CODES)) {
  process.on(signal, () => {
    if (signalled === undefined) console.error(`${signal}: removing the lab`);
    signalled = code;
    interruption.abort(new LabError("interrupted"));
  });
}

type Run = readonly [title: string, run: (context: RunContext) => Promise<void>];

function plannedRuns(options: LabOptions): Run[] {
  const { command, mode, nodes, clients, updates } = options;
  const wanted = <T extends string>(modes: readonly T[]): readonly T[] =>
    modes.filter((each) => mode === "all" || mode === each);
  const runs: Run[] = [];
  if (command !== "update") {
    for (const mode of wanted(clusterModes)) {
      const settings = { ...options, mode, duration: options.duration ?? 20 };
      const title = `cluster, ${mode}: ${clients} clients, ${nodes} nodes, ${settings.duration} s`;
      runs.push([title, (context) => runCluster(settings, context)]);
    }
  }
  if (command !== "cluster") {
    for (const mode of wanted(updateModes)) {
      const duration = command === "update" ? options.duration : undefined;
      const title = `update, ${mode}: ${clients} clients, ${nodes} nodes, ${updates} updates`;
      runs.push([title, (context) => runUpdate({ ...options, mode, duration }, context)]);
    }
  }
  return runs;
}

/** Does everything in turn; returns the exit code. */
async function main(): Promise<number> {
  const missing = await missingForLab();
  if (missing !== undefined) {
    console.log(`skipped: no lab on this machine: ${missing}`);
    writeReport({
      passed: 0,
      failed: 0,
      skipped: 1,
      skippedBecause: missing,
      checks: [],
      figures: [],
    });
    return options.ifPossible ? 0 : 2;
  }
  for (const name of [...(await removeLeftovers()), ...removeLeftFolders()]) {
    console.log(`removed ${name}, left by a dead run`);
  }
  if (options.command === "clean") return 0;
  const print = (line: string): void => console.log(line);
  const checks = new Checks(options.reportOnly, print);
  const context = {
    checks,
    print,
    interrupted: interruption.signal,
    keeps: options.keep,
    clusterLevel: options.clusterLevel,
  };
  for (const [title, run] of plannedRuns(options)) {
    print(`\n${title}`);
    try {
      await run(context);
    } catch (error) {
      if (signalled !== undefined) return signalled;
      if (!(error instanceof LabError)) throw error;
      checks.add("the run came to its end", false, error.message);
    }
  }
  const { passed, failed, all, figures } = checks;
  writeReport({ passed, failed, skipped: 0, checks: all, figures });
  print(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

/** The counts have the names that vitest's reports have, so that one program can sum both. */
function writeReport(result: {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly skippedBecause?: string;
  readonly checks: Checks["all"];
  readonly figures: Checks["figures"];
}): void {
  if (options.json === undefined) return;
  const report = {
    numPassedTests: result.passed,
    numFailedTests: result.failed,
    numPendingTests: result.skipped,
    numTodoTests: 0,
    testResults: [],
    skippedBecause: result.skippedBecause,
    checks: result.checks,
    figures: result.figures,
  };
  writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof LabError ? `netlab: ${error.message}` : error);
  process.exitCode = 1;
}
