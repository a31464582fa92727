import type { HandshakeTally } from "../handshake-tally.ts";
import type { Interval, Report } from "../report.ts";
import { percentOf, type Tally } from "../tally.ts";
import { perSecond } from "./windows.ts";

const LONGEST_DETAILED_MS = 3_600_000;

/** What a run knows at its end. */
export interface RunResult {
  readonly clients: number;
  readonly tally: Tally;
  readonly handshakes: HandshakeTally;
  /** Handshakes completed before the load began. */
  readonly handshakesBeforeLoad: number;
  readonly intervals: readonly Interval[];
  /** 0 when the load never began. */
  readonly loadMs: number;
  readonly responsesUnderLoad: number;
  readonly unfinished: number;
  readonly connectMs: number;
  readonly networkProblems: Readonly<Record<string, number>>;
  /** CPU time of this process since the load began. */
  readonly cpuMicros: number;
}

export function gatherFigures(result: RunResult): Omit<Report, "problems"> {
  const { tally, handshakes, loadMs } = result;
  const totals = tally.totals();
  return {
    requests: totals.requests,
    responses: totals.responses,
    retransmissions: totals.retransmissions,
    transmissionErrors: totals.transmissionErrors,
    handshakes: handshakes.completed,
    failedHandshakes: handshakes.failed,
    clients: result.clients,
    durationMs: Math.round(loadMs),
    requestsPerSecond: perSecond(result.responsesUnderLoad, loadMs),
    latencyMs: tally.latency.summary(),
    intervals: result.intervals,
    retransmissionPercent: percentOf(totals.retransmissions, totals.requests),
    answerErrors: totals.answerErrors,
    unfinished: result.unfinished,
    errors: tally.errors(),
    handshakeFailures: handshakes.failures(),
    handshakeMs: handshakes.duration.summary(),
    connectMs: Math.round(result.connectMs),
    handshakesUnderLoad: loadMs === 0 ? 0 : handshakes.completed - result.handshakesBeforeLoad,
    worstSecond: tally.worstSecond(loadMs),
    seconds: loadMs > LONGEST_DETAILED_MS ? undefined : tally.seconds(),
    networkProblems: result.networkProblems,
    cpuMicrosPerRequest: totals.responses === 0 ? 0 : result.cpuMicros / totals.responses,
  };
}
