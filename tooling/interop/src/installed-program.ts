import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** A peer's program on this machine, or the reason for skipping what needs it. */
export interface InstalledProgram {
  readonly name: string;
  readonly path: string;
  readonly isInstalled: boolean;
}

/**
 * Looks a program up in PATH and prints why tests are skipped when it is not there.
 * @param debianPackage what to install on Debian to have it.
 */
export function installedProgram(name: string, debianPackage: string): InstalledProgram {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, name);
    if (isExecutable(path)) return { name, path, isInstalled: true };
  }
  process.stdout.write(`skipped: ${name} is not installed (Debian package ${debianPackage})\n`);
  return { name, path: name, isInstalled: false };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
