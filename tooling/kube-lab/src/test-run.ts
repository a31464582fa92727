import { spawn } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { Binaries } from "./binaries.ts";
import { createLab } from "./create-lab.ts";
import { REPOSITORY } from "./image/server-context.ts";
import { buildServerImage, SERVER_IMAGE } from "./image/server-image.ts";
import type { Lab } from "./lab.ts";
import { withProgress } from "./progress.ts";

export interface TestRunOptions {
  readonly nodes: number;
  readonly keepsConntrack: boolean;
  /** Arguments for vitest: parts of file names, mostly. */
  readonly filter: readonly string[];
  /** File for the report of vitest. */
  readonly json: string | undefined;
}

/** The same image has two names, so that there is something to update to. */
export const TEST_IMAGES: { readonly a: string; readonly b: string } = {
  a: `${SERVER_IMAGE}:a`,
  b: `${SERVER_IMAGE}:b`,
};

/** Runs the tests in a lab of their own; returns the exit code. @throws LabError */
export async function runTests(options: TestRunOptions, interrupted: AbortSignal): Promise<number> {
  const { nodes, keepsConntrack } = options;
  await Binaries.ensure(interrupted);
  const image = await withProgress("build image", () => buildServerImage({ tag: "a" }));
  const name = `test-${process.pid}`;
  const lab = await withProgress("start lab", () =>
    createLab({ name, nodes, keepsConntrack, isOwned: true, interrupted }),
  );
  try {
    await withProgress("import image", () => lab.importImage(image.archive));
    await lab.tagImage(TEST_IMAGES.a, TEST_IMAGES.b);
    const code = await vitest(lab, options, interrupted);
    if (code !== 0) keepLogs(lab);
    return code;
  } finally {
    await lab.remove();
  }
}

/** For a machine that cannot: one skipped test, under the names that vitest's reports have. */
export function writeSkippedReport(file: string, skippedBecause: string): void {
  const counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 1, numTodoTests: 0 };
  writeFileSync(file, `${JSON.stringify({ ...counts, testResults: [], skippedBecause })}\n`);
}

function vitest(lab: Lab, options: TestRunOptions, interrupted: AbortSignal): Promise<number> {
  const { filter, json } = options;
  const report = json === undefined ? [] : ["--reporter=json", `--outputFile.json=${json}`];
  const { program, args, env } = lab.inClient(process.execPath, [
    join(REPOSITORY, "node_modules", "vitest", "vitest.mjs"),
    ...["run", "--config", "tooling/kube-lab/vitest.config.ts"],
    ...["--reporter=default", ...report, ...filter],
  ]);
  const child = spawn(program, args, {
    cwd: REPOSITORY,
    stdio: "inherit",
    env: { ...process.env, ...env, DTLS_KUBE_LAB: lab.name },
  });
  interrupted.addEventListener("abort", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}

/** The lab goes, what its programs wrote stays. */
function keepLogs(lab: Lab): void {
  const folder = join(REPOSITORY, ".cache", "kube-lab", lab.name);
  cpSync(join(lab.folder, "log"), folder, { recursive: true });
  console.error(`logs of the cluster's programs: ${folder}`);
}
