import type { Checks } from "../checks.ts";
import { auditCapture } from "../tap/audit.ts";
import { type LoadFigures, worstWindow } from "./load-figures.ts";
import type { ServerProcess } from "./server-process.ts";
import type { Stage } from "./stage.ts";

const WORST_SECOND_PERCENT = 1;
const WORST_TEN_SECONDS_PERCENT = 0.1;

/** What a server says of itself at its end. */
interface FinalCounters {
  readonly requests?: number;
  readonly kernelDrops?: number;
  readonly forwarder?: Readonly<Record<string, number>>;
}

export function finalCounters(server: ServerProcess): FinalCounters {
  return (server.last("stopped")?.["counters"] ?? {}) as FinalCounters;
}

/** Nothing was lost, nothing began anew, and each request ran exactly once. */
export function checkLoads(
  checks: Checks,
  stage: Stage,
  loads: readonly LoadFigures[],
  clients: number,
): void {
  const sum = (read: (load: LoadFigures) => number): number =>
    loads.reduce((total, load) => total + read(load), 0);
  const requests = sum((load) => load.requests);
  const failed = sum((load) => load.transmissionErrors + load.answerErrors + load.unfinished);
  checks.add("no request failed", failed === 0 && requests > 0, `${failed} of ${requests}`);
  const anew = sum((load) => load.handshakesUnderLoad);
  const handshakes = sum((load) => load.handshakes);
  const isComplete = anew === 0 && handshakes === clients;
  checks.add("no handshake began anew", isComplete, `${handshakes} handshakes, ${clients} clients`);
  const broken = sum((load) => load.failedHandshakes);
  checks.add("no handshake failed", broken === 0, `${broken} of ${clients}`);
  const silent = stage.servers.filter((server) => finalCounters(server).requests === undefined);
  const executed = stage.servers.reduce((n, one) => n + (finalCounters(one).requests ?? 0), 0);
  const responses = sum((load) => load.responses);
  checks.add(
    "each request ran exactly once",
    executed === responses && silent.length === 0,
    `${executed} executions, ${responses} answers` +
      (silent.length > 0 ? `, no counters of ${silent.map((s) => s.pod.name).join()}` : ""),
  );
}

/** The highest shares of retransmissions, in percent. */
export interface WorstWindows {
  readonly one: number;
  readonly ten: number;
}

/** Few retransmissions, also in the worst moment. */
export function checkRetransmissions(checks: Checks, load: LoadFigures): WorstWindows {
  const seconds = load.seconds ?? [];
  const one = worstWindow(seconds, 1);
  const ten = worstWindow(seconds, 10);
  const text = (worst: number): string => `${worst.toFixed(3)} %`;
  checks.add(
    "retransmissions in the worst second below 1 %",
    one < WORST_SECOND_PERCENT,
    text(one),
    true,
  );
  checks.add(
    "retransmissions in the worst 10 seconds below 0.1 %",
    ten < WORST_TEN_SECONDS_PERCENT,
    text(ten),
    true,
  );
  return { one, ten };
}

export interface TapFindings {
  /** Handshake messages that were sent more than once. */
  readonly repeats: number;
  /** Answers that the router could not translate any more. */
  readonly orphanedAnswers: number;
}

/**
 * No nonce twice, on both sides of the NAT.
 * @param rebinds the NAT gave ports away again: behind it, records without Connection ID cannot be told apart.
 */
export async function checkTaps(
  checks: Checks,
  stage: Stage,
  rebinds: number,
): Promise<TapFindings> {
  let repeats = 0;
  let orphanedAnswers = 0;
  for (const tap of stage.taps) {
    if (rebinds > 0 && tap.name !== "client side") continue;
    const audit = await auditCapture(tap.file);
    const { violations, sealedRecords } = audit;
    const first = violations[0];
    checks.add(
      `no nonce twice, ${tap.name}`,
      violations.length === 0 && sealedRecords > 0,
      `${violations.length} in ${sealedRecords} sealed records` +
        (first === undefined ? "" : `, first: ${first.scope}, ${first.epoch}/${first.sequence}`),
    );
    const unread = tap.dropped + audit.unparsedDatagrams;
    checks.add(
      `the tap saw everything, ${tap.name}`,
      unread === 0,
      `${audit.datagrams} datagrams, ${tap.dropped} missed, ${audit.unparsedDatagrams} not understood`,
    );
    if (tap.name === "client side") repeats = audit.repeatedHandshakeMessages;
    orphanedAnswers += audit.orphanedAnswers;
  }
  return { repeats, orphanedAnswers };
}

/** All servers ended by themselves and well. */
export function checkExits(checks: Checks, codes: ReadonlyMap<string, number>): void {
  const bad = [...codes].filter(([, code]) => code !== 0);
  const detail = bad.map(([name, code]) => `${name} with ${code}`).join(", ");
  checks.add("all servers ended well", bad.length === 0, detail || `${codes.size} servers`);
}
