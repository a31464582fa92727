import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bounded } from "./bounded.ts";
import { Child } from "./child.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const LIMIT_MS = 300_000;

/** A benchmark that a package keeps for itself; runs on its sources. */
export interface Script {
  /** From the root of the repository. */
  readonly path: string;
  readonly nodeArgs?: readonly string[];
  readonly args?: readonly string[];
  /** Default 300 000. */
  readonly limitMs?: number;
}

/** Runs the script and returns what it printed. @throws Error when it fails. */
export async function runScript(script: Script, onLine: (line: string) => void): Promise<string> {
  const lines: string[] = [];
  const child = new Child(
    script.path,
    process.execPath,
    [
      "--conditions=@dtls-cluster/source",
      ...(script.nodeArgs ?? []),
      join(ROOT, script.path),
      ...(script.args ?? []),
    ],
    {
      onLine: (line) => {
        lines.push(line);
        onLine(line);
      },
    },
  );
  try {
    const code = await bounded(child.ended, script.limitMs ?? LIMIT_MS, () =>
      child.problem("does not end"),
    );
    if (code !== 0) throw child.problem(`ended with exit code ${code}`);
  } finally {
    await child.stop();
  }
  return lines.join("\n");
}
