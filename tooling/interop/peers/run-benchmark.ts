import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { ownProgram } from "../src/index.ts";
import { keep } from "./keep.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Runs our benchmark to its end, which must be a success, and gives its report. */
export async function runBenchmark(...args: readonly string[]): Promise<Record<string, unknown>> {
  const file = join(await temporaryFolder(), "report.json");
  const run = keep(ownProgram("benchmark", ["--json", file, "--handshake-timeout", "10", ...args]));
  expect(await run.waitForEnd(30_000), run.output).toBe(0);
  return JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
}
