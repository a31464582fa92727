import { spawn } from "node:child_process";
import { constants } from "node:os";
import { resolve } from "node:path";
import { Binaries } from "./binaries.ts";
import { createLab } from "./create-lab.ts";
import { runDemo } from "./demo/demo.ts";
import { writeServerContext } from "./image/server-context.ts";
import { buildServerImage } from "./image/server-image.ts";
import { Lab, type LabCommand } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import { labNames, readRecord } from "./lab-record.ts";
import { type ClusterOptions, type LabOptions, parseOptions } from "./options.ts";
import { withProgress } from "./progress.ts";
import { removeAbandonedLabs, removeLab } from "./remove-lab.ts";
import { missingForLab } from "./requirements.ts";
import { runTests, writeSkippedReport } from "./test-run.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const interruption = new AbortController();

/** Does what the options say; returns the exit code. */
async function main(options: LabOptions): Promise<number> {
  if (options.command === "image" && options.context !== undefined) {
    await writeServerContext(resolve(options.context));
    return 0;
  }
  const missing = await missingForLab();
  if (missing !== undefined) {
    console.error(`kube-lab: no lab on this machine: ${missing}`);
    if (options.command !== "test") return EXIT_USAGE;
    if (options.json !== undefined) writeSkippedReport(options.json, missing);
    return options.ifPossible ? 0 : EXIT_USAGE;
  }
  for (const name of await removeAbandonedLabs()) {
    console.error(`removed lab ${name}, which nobody used any more`);
  }
  switch (options.command) {
    case "up":
      return await up(options);
    case "down":
      for (const name of options.all ? labNames() : [options.name]) await down(name);
      return 0;
    case "status":
      return await status(options.name);
    case "image": {
      const { name, archive } = await withProgress("build image", () => buildServerImage(options));
      console.log(`${name} ${archive}`);
      return 0;
    }
    case "demo":
      return await runDemo({ ...options, chart: resolve(options.chart) }, interruption.signal);
    case "test":
      return await runTests(options, interruption.signal);
    case "load":
      await withProgress("import image", () =>
        Lab.open(options.name).importImage(resolve(options.archive)),
      );
      return 0;
    case "run": {
      const [program = "", ...args] = options.run;
      return await run(Lab.open(options.name).inClient(program, args));
    }
  }
}

async function up({
  name,
  nodes,
  keepsConntrack,
}: ClusterOptions & { readonly name: string }): Promise<number> {
  if (readRecord(name)?.isComplete) {
    console.log(`lab ${name} is up`);
    return await status(name);
  }
  const interrupted = interruption.signal;
  await Binaries.ensure(interrupted);
  const settings = { name, nodes, keepsConntrack, isOwned: false, interrupted };
  await withProgress(`start lab ${name}`, () => createLab(settings));
  return await status(name);
}

async function down(name: string): Promise<void> {
  await withProgress(`remove lab ${name}`, () => removeLab(name));
}

async function status(name: string): Promise<number> {
  const lab = Lab.open(name);
  const programs = lab.programs();
  for (const { name: program, pid, isRunning } of programs) {
    console.log(`${program.padEnd(26)} ${isRunning ? `runs, process ${pid}` : "ended"}`);
  }
  console.log(`logs                       ${lab.folder}/log`);
  console.log(`KUBECONFIG                 ${lab.kubeconfig}`);
  console.log(`clients' network           nsenter --net=/proc/${lab.client.pid}/ns/net`);
  console.log(await lab.kubectl(["get", "nodes,pods", "--all-namespaces", "-o", "wide"]));
  return programs.every(({ isRunning }) => isRunning) ? 0 : EXIT_FAILED;
}

/** Runs a program with this terminal; returns its exit code. */
function run({ program, args, env }: LabCommand): Promise<number> {
  const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...env } });
  interruption.signal.addEventListener("abort", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}

const options = parseOptions(process.argv.slice(2));
let signalled: number | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    signalled = 128 + constants.signals[signal];
    interruption.abort(new LabError("interrupted"));
  });
}
try {
  process.exitCode = await main(options);
} catch (error) {
  if (signalled !== undefined) console.error("kube-lab: interrupted");
  else console.error(error instanceof LabError ? `kube-lab: ${error.message}` : error);
  process.exitCode = signalled ?? EXIT_FAILED;
}
