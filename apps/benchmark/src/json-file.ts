import { accessSync, constants, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Report } from "./report.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Finds out before a long run whether its figures can be saved at the end.
 * @throws UsageError
 */
export function checkJsonFile(file: string): void {
  const folder = dirname(resolve(file));
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new UsageError(`--json "${file}": the folder "${folder}" is not writable`, {
      cause: error,
    });
  }
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new UsageError(`--json "${file}": this is a folder, a file name is accepted`);
  }
}

/** Readers see the old file or the complete new one. */
export function writeJsonFile(file: string, report: Report): void {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, `${JSON.stringify(report, undefined, 2)}\n`);
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
