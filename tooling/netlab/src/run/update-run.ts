import type { RunFigures } from "../checks.ts";
import { exitCodes, indent, printNodes, type RunContext } from "./cluster-run.ts";
import type { LoadFigures } from "./load-figures.ts";
import type { LoadProcess } from "./load-process.ts";
import type { LogLine, ServerProcess } from "./server-process.ts";
import { podsOf, Stage } from "./stage.ts";
import {
  checkExits,
  checkLoads,
  checkRetransmissions,
  checkTaps,
  finalCounters,
} from "./verdict.ts";

export const updateModes = ["stuck", "flushed", "per-packet"] as const;
export type UpdateMode = (typeof updateModes)[number];

export interface UpdateRunSettings {
  readonly mode: UpdateMode;
  readonly nodes: number;
  readonly clients: number;
  /** How often all nodes are replaced. */
  readonly updates: number;
  /** Seconds of load; undefined: until the updates are over. */
  readonly duration: number | undefined;
  /** Clients whose handshakes begin during each switch. */
  readonly newClients: number;
}

/** Seconds after which a load ends that nobody ends, for each update. */
const LONGEST_UPDATE_SECONDS = 150;

const LIMIT_MS = 120_000;
const WARM_UP_MS = 2000;
/** How long the old processes run on beside the new ones. */
const OLD_STAY_MS = 4000;
const AFTER_REMOVAL_MS = 1000;
/** Whoever lost an answer in the last update repeats the request within this time. */
const AFTER_UPDATES_MS = 3500;
const NEW_CLIENT_SECONDS = 4;
const HANDSHAKES_A_SECOND = 40;

/** Replaces all nodes under load, several times. */
export async function runUpdate(settings: UpdateRunSettings, context: RunContext): Promise<void> {
  const { checks, print } = context;
  const { mode, clients, duration, nodes, updates, newClients } = settings;
  const balancing = mode === "per-packet" ? "packet" : "connection";
  const stage = new Stage(
    { balancing, forgets: mode === "flushed", nodes, clusterLevel: context.clusterLevel },
    context.interrupted,
    context.keeps,
  );
  try {
    await stage.open();
    const seconds = duration ?? updates * LONGEST_UPDATE_SECONDS;
    const load = stage.startLoad({
      clients,
      firstClient: 0,
      duration: seconds,
      print: indent(print),
    });
    await stage.within(LIMIT_MS, "the clients are not connected", () => load.connected);
    const startedAt = performance.now();
    await stage.pause(WARM_UP_MS);
    const late: LoadFigures[] = [];
    for (let update = 0; update < updates; update += 1) {
      late.push(await replaceAll(stage, settings, clients + update * newClients, print));
    }
    const took = (performance.now() - startedAt) / 1000;
    if (duration === undefined) {
      await stage.pause(AFTER_UPDATES_MS);
      load.finish();
    }
    const figures = await stage.within(seconds * 1000 + LIMIT_MS, "the load did not end", () =>
      load.figures(),
    );
    await stage.stopAll();
    printNodes(stage, print);
    checks.add(
      "the updates ended under load",
      took < seconds,
      `${took.toFixed(1)} s of ${seconds} s at most`,
    );
    checkLoads(checks, stage, [figures, ...late], clients + updates * newClients);
    const worst = checkRetransmissions(checks, figures);
    checkExits(checks, await exitCodes(stage));
    const freezes = tellFreezes(settings, context, stage);
    if (mode === "stuck") checkRelays(settings, context, stage);
    const { repeats, orphanedAnswers } = await checkTaps(checks, stage, 0);
    // Connections that conntrack forgets lose the answers under way, whatever the servers do.
    const retransmissions = [figures, ...late].reduce((sum, one) => sum + one.retransmissions, 0);
    checks.tell(
      "retransmissions, and answers that the router dropped with their connection",
      `${retransmissions}, ${orphanedAnswers}`,
    );
    checks.tell("handshake messages that were repeated", String(repeats));
    checks.keep({
      ...figuresOf(settings, figures, late),
      retransmissions,
      orphanedAnswers,
      worstSecondPercent: worst.one,
      worstTenSecondsPercent: worst.ten,
      freezeMedianMs: freezes.given.median,
      freezeMaximumMs: freezes.given.maximum,
      outageMedianMs: freezes.whole.median,
      outageMaximumMs: freezes.whole.maximum,
    });
  } finally {
    await stage.close();
    if (context.keeps) print(`  kept: ${stage.folder}`);
  }
}

/** What the load says, for the report. */
function figuresOf(
  { mode, clients, updates }: UpdateRunSettings,
  load: LoadFigures,
  late: readonly LoadFigures[],
): RunFigures {
  return {
    mode,
    clients,
    updates,
    requests: load.requests,
    requestsPerSecond: load.requestsPerSecond,
    failedRequests: load.transmissionErrors + load.answerErrors + load.unfinished,
    newHandshakes: load.handshakesUnderLoad,
    failedHandshakes: late.reduce((sum, one) => sum + one.failedHandshakes, 0),
  };
}

/** One update: doubles start, take over, become endpoints; the old ones stay a while and are deleted. */
async function replaceAll(
  stage: Stage,
  settings: UpdateRunSettings,
  firstClient: number,
  print: (line: string) => void,
): Promise<LoadFigures> {
  const old = stage.group;
  const late: LoadProcess = stage.startLoad({
    clients: settings.newClients,
    firstClient,
    duration: NEW_CLIENT_SECONDS,
    handshakeRate: HANDSHAKES_A_SECOND,
    interval: 500,
  });
  const doubles = await stage.startGroup();
  const taken = await stage.within(LIMIT_MS, "no takeover", () =>
    Promise.all(doubles.map((server) => server.event("took-over"))),
  );
  for (const [index, line] of taken.entries()) printTakeover(doubles[index], line, print);
  stage.replaceGroup(doubles);
  await stage.within(LIMIT_MS, "the new nodes are not the only endpoints", (signal) =>
    stage.controller.settled(podsOf(doubles), signal),
  );
  await stage.pause(OLD_STAY_MS);
  const figures = await stage.within(LIMIT_MS, "the new clients did not end", () => late.figures());
  printNewClients(figures, print);
  for (const server of old) await stage.controller.remove(server.pod);
  await stage.pause(AFTER_REMOVAL_MS);
  await Promise.all(old.map((server) => server.stop()));
  for (const server of old) await stage.lab.removePod(server.pod);
  return figures;
}

function printNewClients(figures: LoadFigures, print: (line: string) => void): void {
  const { handshakes, handshakeMs, requests, retransmissions, latencyMs } = figures;
  print(
    `  ${handshakes} new clients: handshakes up to ${handshakeMs.max.toFixed(0)} ms, ` +
      `${retransmissions} retransmissions in ${requests} requests, up to ${latencyMs.max.toFixed(0)} ms`,
  );
}

function printTakeover(
  server: ServerProcess | undefined,
  line: LogLine | undefined,
  print: (line: string) => void,
): void {
  if (server === undefined) return;
  const text =
    line === undefined
      ? "ended without taking over"
      : `took ${line["connections"]} connections, ${line["bytes"]} bytes, copy ${line["copyMs"]} ms, ` +
        `activate ${line["activateMs"]} ms`;
  print(`  node ${server.nodeId} (${server.pod.name}): ${text}`);
}

interface Freezes {
  /** Until the old server has sealed. */
  readonly given: Spread;
  /** Until the new one serves. All servers read the clock of one machine. */
  readonly whole: Spread;
}

interface Spread {
  readonly median: number;
  readonly maximum: number;
}

/** Six servers and more share the processors of this machine, so that it says nothing of a cluster's freeze. */
function tellFreezes(settings: UpdateRunSettings, { checks }: RunContext, stage: Stage): Freezes {
  const { nodes } = settings;
  const givers = giversOf(settings, stage);
  const number = (line: LogLine | undefined, field: string): number => Number(line?.[field]);
  const given = givers.map((server) => number(server.last("handed-over"), "freezeMs"));
  const whole = givers.map((server, index) => {
    // The doubles of a group are the next group.
    const servesAt = number(stage.servers[index + nodes]?.last("took-over"), "servesAt");
    return servesAt - number(server.last("handed-over"), "frozenAt");
  });
  const isWhole = ![...given, ...whole].some(Number.isNaN);
  checks.add("every node handed over", isWhole, `${given.length} handovers`);
  const freezes = { given: spreadOf(given), whole: spreadOf(whole) };
  checks.tell("freeze, until the old node has sealed", textOf(freezes.given));
  checks.tell("without service, until the new node serves", textOf(freezes.whole));
  return freezes;
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: sorted[sorted.length >> 1] ?? Number.NaN,
    maximum: sorted.at(-1) ?? Number.NaN,
  };
}

function textOf({ median, maximum }: Spread): string {
  return `median ${median} ms, maximum ${maximum} ms`;
}

function checkRelays(settings: UpdateRunSettings, { checks }: RunContext, stage: Stage): void {
  const givers = giversOf(settings, stage);
  const relayed = givers.map((server) => finalCounters(server).forwarder?.["relayed"] ?? 0);
  checks.add(
    "clients stuck to old nodes went on through them",
    Math.min(...relayed) > 0,
    `${relayed.join(", ")} datagrams relayed`,
  );
}

function giversOf({ nodes, updates }: UpdateRunSettings, stage: Stage): readonly ServerProcess[] {
  return stage.servers.slice(0, nodes * updates);
}
