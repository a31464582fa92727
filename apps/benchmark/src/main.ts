#!/usr/bin/env node
import { runBenchmark } from "./benchmark.ts";
import { readCommandLine } from "./command-line.ts";
import { checkJsonFile, writeJsonFile } from "./json-file.ts";
import { followTargets } from "./moving-targets.ts";
import { checkOpenFiles } from "./open-files.ts";
import { totalLines } from "./report-text.ts";
import { UsageError } from "./usage-error.ts";

const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
/** As of a program that SIGPIPE ends. */
const EXIT_NO_READER = 141;

async function main(): Promise<number> {
  const command = await readCommandLine(process.argv.slice(2), process.env);
  if (command === undefined) return 0;
  const { config, jsonFile, quiet } = command;
  checkOpenFiles(config.clients);
  if (jsonFile !== undefined) checkJsonFile(jsonFile);
  const print = quiet ? () => {} : (line: string) => console.log(line);
  let signalled: number | undefined;
  const interruption = new AbortController();
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    // Nobody reads on (`| head`): the servers get a goodbye, and that is all.
    signalled ??= EXIT_NO_READER;
    interruption.abort();
  });
  for (const [signal, code] of Object.entries(SIGNAL_EXIT_CODES)) {
    process.on(signal, () => {
      // Who asks twice does not want to wait for the last answers.
      if (signalled !== undefined) process.exit(code);
      signalled = code;
      interruption.abort();
    });
  }
  const moving = { ...config, targets: followTargets(config.targets) };
  const report = await runBenchmark(moving, { print, signal: interruption.signal });
  for (const line of totalLines(report)) print(line);
  if (jsonFile !== undefined) writeJsonFile(jsonFile, report);
  if (signalled !== undefined) return signalled;
  for (const problem of report.problems) console.error(`dtls-cluster-benchmark: ${problem}`);
  return report.problems.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`dtls-cluster-benchmark: ${error.message}`);
  process.exitCode = 2;
}
