import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { type LoadFigures, worstWindow } from "@dtls-cluster/netlab/load-figures";
import { Binaries } from "../binaries.ts";
import { createLab } from "../create-lab.ts";
import { buildServerImage, SERVER_IMAGE } from "../image/server-image.ts";
import type { Lab, LabCommand } from "../lab.ts";
import { LabError } from "../lab-error.ts";
import { DeployedCluster } from "../load/deployed-cluster.ts";
import { withProgress } from "../progress.ts";
import { type ChartPhase, drawChart } from "./chart.ts";
import { Columns } from "./columns.ts";

export interface DemoOptions {
  readonly nodes: number;
  readonly keepsConntrack: boolean;
  readonly clients: number;
  /** Milliseconds between two requests of a client. */
  readonly interval: number;
  /** File for the chart. */
  readonly chart: string;
}

const REPLICAS = 3;
const IMAGES = { a: `${SERVER_IMAGE}:a`, b: `${SERVER_IMAGE}:b` } as const;
/** Load alone, before, between and after the updates. */
const CALM_MS = 10_000;

/** Installs, loads, updates to b and back to a, and draws what the clients saw; returns the exit code. @throws LabError */
export async function runDemo(options: DemoOptions, interrupted: AbortSignal): Promise<number> {
  await Binaries.ensure(interrupted);
  const image = await withProgress("build image", () => buildServerImage({ tag: "a" }));
  const { nodes, keepsConntrack } = options;
  const name = `demo-${process.pid}`;
  const lab = await withProgress("start lab", () =>
    createLab({ name, nodes, keepsConntrack, isOwned: true, interrupted }),
  );
  const cluster = new DeployedCluster(lab, "demo");
  try {
    await withProgress("import image", () => lab.importImage(image.archive));
    await lab.tagImage(IMAGES.a, IMAGES.b);
    return await show(lab, cluster, options, interrupted);
  } finally {
    cluster.forget();
    await lab.remove();
  }
}

async function show(
  lab: Lab,
  cluster: DeployedCluster,
  options: DemoOptions,
  interrupted: AbortSignal,
): Promise<number> {
  const { clients, interval } = options;
  const columns = new Columns(console.log, () => performance.now());
  const left = (line: string): void => columns.left(line);
  await follow(cluster.installCommand(IMAGES.a, REPLICAS), left, interrupted);
  const load = await cluster.startLoad({ clients, interval, print: (line) => columns.right(line) });
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  const phases: ChartPhase[] = [];
  await calm(interrupted);
  for (const colour of ["b", "a"] as const) {
    const from = seconds();
    const marks: { title: string; at: number }[] = [];
    const mark = (line: string): void => {
      left(line);
      const title = momentOf(line, colour);
      if (title !== undefined && marks.every((known) => known.title !== title)) {
        marks.push({ title, at: seconds() });
      }
    };
    await follow(cluster.deployCommand("update0", ["--image", IMAGES[colour]]), mark, interrupted);
    phases.push({ title: `update0 to ${colour}`, from, to: seconds(), marks });
    await calm(interrupted);
  }
  const figures = await load.stop();
  report(lab, options, figures, phases);
  return figures.transmissionErrors + figures.handshakesUnderLoad + figures.unfinished === 0
    ? 0
    : 1;
}

/** The moments of an update that a chart tells, by the lines of `dtls-cluster-deploy`. */
function momentOf(line: string, colour: "a" | "b"): string | undefined {
  const ready = new RegExp(`\\b${colour} reports (\\d+) of (\\d+) ready`).exec(line);
  if (ready !== null && Number(ready[2]) > 0 && ready[1] === ready[2]) return `${colour} serves`;
  return undefined;
}

function report(
  lab: Lab,
  { clients, chart, keepsConntrack }: DemoOptions,
  figures: LoadFigures,
  phases: readonly ChartPhase[],
): void {
  const all = figures.seconds ?? [];
  const worst = worstWindow(all, 10).toFixed(3);
  const sums =
    `${figures.requests} requests, ${figures.transmissionErrors} failed, ${figures.retransmissions} retransmissions ` +
    `(worst 10 s: ${worst} %), ${figures.handshakesUnderLoad} new handshakes`;
  const title = `Blue/green updates of ${REPLICAS} nodes under load of ${clients} clients`;
  const flows = keepsConntrack ? "conntrack keeps the flows" : "kube-proxy moves the flows";
  const details = [sums, `Kubernetes nodes: ${lab.nodes.length}; ${flows}`];
  mkdirSync(dirname(chart), { recursive: true });
  // The last second was not a whole one: it would be drawn as a dip.
  const seconds = all.slice(0, -1);
  writeFileSync(chart, drawChart({ title, details, seconds, phases }));
  console.log(`\n${sums}\nchart: ${chart}`);
}

/** Runs a command to its end, line by line. @throws LabError when it fails */
async function follow(
  { program, args, env }: LabCommand,
  print: (line: string) => void,
  interrupted: AbortSignal,
): Promise<void> {
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  interrupted.addEventListener("abort", () => child.kill("SIGTERM"));
  const lines = createInterface({ input: child.stdout });
  lines.on("line", print);
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (ended) => resolve(ended ?? 128));
  });
  interrupted.throwIfAborted();
  if (code !== 0) throw new LabError(`dtls-cluster-deploy ended with exit code ${code}`);
}

async function calm(interrupted: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, CALM_MS));
  interrupted.throwIfAborted();
}
