import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRunning } from "../net/namespace.ts";

const PREFIX = "netlab";

/** Makes the folder of a run. @param keeps nobody but its owner removes it. */
export function createFolder(keeps: boolean): string {
  return mkdtempSync(join(tmpdir(), `${PREFIX}-${keeps ? "kept" : process.pid}-`));
}

/** Removes the folders of runs that were killed. @returns their paths. */
export function removeLeftFolders(): string[] {
  const left = readdirSync(tmpdir())
    .filter((name) => {
      const owner = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1];
      return owner !== undefined && !isRunning(owner);
    })
    .map((name) => join(tmpdir(), name));
  for (const folder of left) rmSync(folder, { recursive: true, force: true });
  return left;
}
