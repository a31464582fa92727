import type { Checks } from "../checks.ts";
import type { LoadFigures } from "./load-figures.ts";
import { type ClusterLevel, Stage } from "./stage.ts";
import {
  checkExits,
  checkLoads,
  checkRetransmissions,
  checkTaps,
  finalCounters,
} from "./verdict.ts";

export const clusterModes = ["sticky", "per-packet", "rebind"] as const;
export type ClusterMode = (typeof clusterModes)[number];

export interface ClusterRunSettings {
  readonly mode: ClusterMode;
  readonly nodes: number;
  readonly clients: number;
  /** Seconds. */
  readonly duration: number;
  /** Seconds between two rebindings. */
  readonly rebindInterval: number;
}

export interface RunContext {
  readonly checks: Checks;
  readonly print: (line: string) => void;
  readonly interrupted: AbortSignal;
  /** Logs, figures and captures stay. */
  readonly keeps: boolean;
  readonly clusterLevel: ClusterLevel;
}

const CONNECT_TIMEOUT_MS = 120_000;
const END_TIMEOUT_MS = 120_000;
/** First retransmission of a flight (RFC 6347 section 4.2.4.1). */
const FIRST_TIMEOUT_MS = 1000;

/** Load against a cluster that nobody touches. */
export async function runCluster(settings: ClusterRunSettings, context: RunContext): Promise<void> {
  const { checks, clusterLevel, interrupted, keeps, print } = context;
  const { mode, clients, duration, nodes } = settings;
  const balancing = mode === "per-packet" ? "packet" : "connection";
  const stage = new Stage({ balancing, forgets: true, nodes, clusterLevel }, interrupted, keeps);
  try {
    await stage.open();
    const load = stage.startLoad({ clients, firstClient: 0, duration, print: indent(print) });
    await stage.within(CONNECT_TIMEOUT_MS, "the clients are not connected", () => load.connected);
    const rebinding = mode === "rebind" ? rebind(stage, settings) : Promise.resolve();
    const limit = duration * 1000 + END_TIMEOUT_MS;
    const figures = await stage.within(limit, "the load did not end", () => load.figures());
    await rebinding;
    await stage.stopAll();
    printNodes(stage, print);
    checkLoads(checks, stage, [figures], clients);
    checkExits(checks, await exitCodes(stage));
    checkMode(settings, checks, stage, figures);
    const { repeats } = await checkTaps(checks, stage, stage.lab.nat.rebinds);
    checkRepeats(checks, repeats, figures);
  } finally {
    await stage.close();
    if (context.keeps) print(`  kept: ${stage.folder}`);
  }
}

/** A client that waits for its first timeout cannot but repeat: that says how busy the machine is, not what was lost. */
function checkRepeats(checks: Checks, repeats: number, figures: LoadFigures): void {
  const slowest = figures.handshakeMs.max;
  const detail = `${repeats} messages in ${figures.handshakes} handshakes, the longest took ${Math.round(slowest)} ms`;
  const title = "no handshake message was repeated";
  if (slowest < FIRST_TIMEOUT_MS) checks.add(title, repeats === 0, detail, true);
  else checks.tell(`${title}, but on a machine that is too busy for them`, detail);
}

/** Ends well before the load does, so that lost answers are repeated within it. */
async function rebind(stage: Stage, settings: ClusterRunSettings): Promise<void> {
  const times = Math.max(1, Math.floor((settings.duration - 4) / settings.rebindInterval));
  for (let done = 0; done < times; done += 1) {
    await stage.pause(settings.rebindInterval * 1000);
    await stage.lab.nat.rebind();
  }
}

function checkMode(
  settings: ClusterRunSettings,
  checks: Checks,
  stage: Stage,
  figures: LoadFigures,
): void {
  const forwarded = stage.servers.map((one) => finalCounters(one).forwarder?.["forwarded"] ?? 0);
  const counts = forwarded.join(", ");
  // Where nothing moves a client, the node that made its handshake gets all of its records.
  if (settings.mode === "sticky") {
    checks.add("nothing had to be forwarded", Math.max(...forwarded) === 0, counts);
  } else checks.add("every node forwarded to others", Math.min(...forwarded) > 0, counts);
  if (settings.mode !== "rebind") {
    checkRetransmissions(checks, figures);
    return;
  }
  // An answer that was under way to the old port is lost: one for each client and rebinding at most.
  const { rebinds } = stage.lab.nat;
  const bound = rebinds * settings.clients;
  checks.add(
    "no more retransmissions than answers that rebinding lost",
    rebinds > 0 && figures.retransmissions <= bound,
    `${figures.retransmissions} after ${rebinds} rebindings of ${settings.clients} clients`,
    true,
  );
}

export async function exitCodes(stage: Stage): Promise<Map<string, number>> {
  const codes = new Map<string, number>();
  for (const server of stage.servers) codes.set(server.pod.name, await server.ended);
  return codes;
}

export function printNodes(stage: Stage, print: (line: string) => void): void {
  for (const server of stage.servers) {
    const { requests = 0, kernelDrops = 0, forwarder = {} } = finalCounters(server);
    const count = (name: string): number => forwarder[name] ?? 0;
    print(
      `  node ${server.nodeId} (${server.pod.name}): ${requests} requests, ${count("forwarded")} forwarded, ` +
        `${count("processForwarded")} received, ${count("relayed") + count("relayedForward")} relayed, ` +
        `${kernelDrops} kernel drops`,
    );
  }
}

export function indent(print: (line: string) => void): (line: string) => void {
  return (line) => print(`    ${line}`);
}
