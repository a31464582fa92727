import { execFile } from "node:child_process";
import { LabError } from "./lab-error.ts";

export interface ExecuteOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: 20 s. */
  readonly timeoutMs?: number;
  readonly input?: string;
  /** Ends the program. */
  readonly interrupted?: AbortSignal | undefined;
}

/**
 * Runs a program to its end and returns its standard output.
 * @throws LabError with the command line and what the program wrote on standard error.
 */
export function execute(
  program: string,
  args: readonly string[],
  options: ExecuteOptions = {},
): Promise<string> {
  const { cwd, env = {}, timeoutMs = 20_000, input = "", interrupted } = options;
  return new Promise((resolve, reject) => {
    const settings = {
      ...(cwd === undefined ? {} : { cwd }),
      ...(interrupted === undefined ? {} : { signal: interrupted }),
      env: { ...process.env, ...env },
      timeout: timeoutMs,
      maxBuffer: 1 << 26,
    };
    const child = execFile(program, args, settings, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const why = error.killed ? `not finished after ${timeoutMs / 1000} s` : lastLines(stderr);
      reject(
        new LabError(`${program} ${args.join(" ")}: ${why || error.message}`, { cause: error }),
      );
    });
    // A program that ends before it has read everything says why on standard error.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-5).join("; ");
}
