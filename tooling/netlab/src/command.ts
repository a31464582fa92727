import { execFile } from "node:child_process";
import { LabError } from "./lab-error.ts";

const TIMEOUT_MS = 20_000;

/**
 * Runs a program to its end and returns its standard output.
 * @throws LabError with the command line and what the program wrote on standard error.
 */
export function execute(program: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      { timeout: TIMEOUT_MS, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else {
          const why = stderr.trim() || error.message;
          reject(new LabError(`${program} ${args.join(" ")}: ${why}`, { cause: error }));
        }
      },
    );
    // A program that ends before it has read everything says why on standard error.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}
