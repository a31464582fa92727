import { setTimeout as pause } from "node:timers/promises";
import { Cluster } from "./cluster.ts";
import { Load } from "./load.ts";
import { parseOptions } from "./options.ts";
import { printCluster, printFreezes, printSummary, printUpdate, problemsOf } from "./report.ts";

const options = parseOptions(process.argv.slice(2));
/** Over so many seconds the handshakes of the newcomers are spread; a handover takes less. */
const HANDSHAKE_SECONDS = 3;

const cluster = await Cluster.start(options.nodes, options.clusterLevel);
const loads: Load[] = [];
let interrupted = false;

async function interrupt(): Promise<void> {
  if (interrupted) return;
  interrupted = true;
  await Promise.all(loads.map((load) => load.stop()));
  await cluster.stop();
}
process.on("SIGINT", () => void interrupt());
process.on("SIGTERM", () => void interrupt());

/** Replaces all nodes, evenly spread over the time of the load. */
async function update(running: Load): Promise<void> {
  await running.started;
  const gap = (options.duration * 1000) / (options.updates + 1);
  const startedAt = performance.now();
  for (let count = 1; count <= options.updates; count += 1) {
    await pause(Math.max(0, startedAt + count * gap - performance.now()));
    if (interrupted) return;
    console.log(`update ${count} of ${options.updates}: starting ${options.nodes} nodes`);
    const before = performance.now();
    const newcomers = startNewcomers(count);
    await cluster.update();
    for (const load of loads) load.move(cluster);
    const seconds = ((performance.now() - before) / 1000).toFixed(1);
    console.log(`update ${count} of ${options.updates}: all nodes replaced after ${seconds} s`);
    // The last handshakes end at the old nodes.
    await newcomers?.ended;
    printUpdate(cluster.replacements.slice(-options.nodes));
  }
}

/** Clients whose handshakes fall into the update. */
function startNewcomers(count: number): Load | undefined {
  if (options.newcomers === 0) return undefined;
  const newcomers = new Load(cluster, {
    clients: options.newcomers,
    firstClient: options.clients + count * options.newcomers,
    duration: 1,
    handshakeRate: Math.ceil(options.newcomers / HANDSHAKE_SECONDS),
    spread: options.spread,
    json: undefined,
    quiet: true,
  });
  loads.push(newcomers);
  return newcomers;
}

/** Runs the load; returns the exit code of the whole command. */
async function run(): Promise<number> {
  console.log(`starting ${options.nodes} nodes`);
  await cluster.ready();
  printCluster(cluster);
  const running = new Load(cluster, {
    clients: options.clients,
    firstClient: 0,
    duration: options.duration,
    handshakeRate: undefined,
    spread: options.spread,
    json: options.json,
    quiet: false,
  });
  loads.push(running);
  let updateProblem: string | undefined;
  const updates = update(running).catch((error: unknown) => {
    updateProblem = error instanceof Error ? error.message : String(error);
  });
  const died = await Promise.race([running.ended.then(() => undefined), cluster.firstEnd()]);
  if (died !== undefined && !interrupted) {
    console.error(`node ${died.addresses.name} ended in the middle of the run; its last lines:`);
    for (const line of died.lastLines) console.error(JSON.stringify(line));
    await Promise.all(loads.map((load) => load.stop()));
    await cluster.stop();
    return 1;
  }
  const loadCode = await running.ended;
  if (loadCode === 0) await updates;
  const nodeCodes = await cluster.stop();
  if (interrupted) return 130;
  printFreezes(cluster.replacements);
  printSummary(cluster);
  const problems = problemsOf(
    cluster,
    loads.map((load) => load.report()),
  );
  if (updateProblem !== undefined) problems.push(`the update failed: ${updateProblem}`);
  for (const [index, code] of nodeCodes.entries()) {
    if (code !== 0) {
      problems.push(`node ${cluster.all[index]?.addresses.name} ended with exit code ${code}`);
    }
  }
  for (const problem of problems) console.error(problem);
  return loadCode !== 0 ? loadCode : Math.min(1, problems.length);
}

try {
  process.exitCode = await run();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  await interrupt();
  process.exitCode = 1;
}
