import { Cluster } from "./cluster.ts";
import { Load } from "./load.ts";
import { parseOptions } from "./options.ts";
import { printCluster, printSummary } from "./report.ts";

const options = parseOptions(process.argv.slice(2));
const cluster = await Cluster.start(options.nodes);
let load: Load | undefined;
let interrupted = false;

async function interrupt(): Promise<void> {
  if (interrupted) return;
  interrupted = true;
  await load?.stop();
  await cluster.stop();
}
process.on("SIGINT", () => void interrupt());
process.on("SIGTERM", () => void interrupt());

/** Runs the load; returns the exit code of the whole command. */
async function run(): Promise<number> {
  console.log(`starting ${options.nodes} nodes`);
  await cluster.ready();
  printCluster(cluster);
  load = new Load(cluster, options);
  const died = await Promise.race([load.ended.then(() => undefined), cluster.firstEnd()]);
  if (died !== undefined && !interrupted) {
    console.error(`node ${died.addresses.id} ended in the middle of the run; its last lines:`);
    for (const line of died.lastLines) console.error(JSON.stringify(line));
    await load.stop();
    await cluster.stop();
    return 1;
  }
  const loadCode = await load.ended;
  const nodeCodes = await cluster.stop();
  if (interrupted) return 130;
  printSummary(cluster);
  for (const [index, code] of nodeCodes.entries()) {
    if (code !== 0) console.error(`node ${index + 1} ended with exit code ${code}`);
  }
  return loadCode !== 0 ? loadCode : Math.max(...nodeCodes);
}

try {
  process.exitCode = await run();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  await interrupt();
  process.exitCode = 1;
}
