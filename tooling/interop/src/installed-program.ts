import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** A peer's program, looked up in PATH. */
export class InstalledProgram {
  readonly name: string;
  readonly #debianPackage: string;
  readonly #path: string | undefined;
  #hasTold = false;

  /** @param debianPackage what to install on Debian to have it. */
  constructor(name: string, debianPackage: string) {
    this.name = name;
    this.#debianPackage = debianPackage;
    this.#path = (process.env["PATH"] ?? "")
      .split(delimiter)
      .map((folder) => join(folder, name))
      .find(isExecutable);
  }

  get path(): string {
    return this.#path ?? this.name;
  }

  /** Whether tests can use it; says once why they are skipped when they cannot. */
  get isInstalled(): boolean {
    if (this.#path === undefined && !this.#hasTold) {
      this.#hasTold = true;
      process.stdout.write(
        `skipped: ${this.name} is not installed (Debian package ${this.#debianPackage})\n`,
      );
    }
    return this.#path !== undefined;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
