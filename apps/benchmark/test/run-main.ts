import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
// The tests may run under a Node that cannot run TypeScript; the pinned one can.
const pinned = fileURLToPath(new URL("../../../node_modules/node/bin/node", import.meta.url));
export const nodeBinary: string = existsSync(pinned) ? pinned : process.execPath;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the real command to its end, 30 s at most.
 * @param onOutput gets all standard output so far, and functions that signal the process and read no more.
 */
export function runMain(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  onOutput: (
    stdout: string,
    kill: (signal: NodeJS.Signals) => void,
    stopReading: () => void,
  ) => void = () => {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(nodeBinary, ["--conditions=@dtls-cluster/source", main, ...args], {
      env: { PATH: process.env["PATH"], ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 30_000,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      onOutput(
        stdout,
        (signal) => child.kill(signal),
        () => child.stdout.destroy(),
      );
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
