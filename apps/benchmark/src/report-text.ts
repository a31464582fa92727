import type { DurationSummary } from "./histogram.ts";
import type { Interval, Report } from "./report.ts";
import { percentOf } from "./tally.ts";

/** The line of one window, in the form of the Californium benchmark client. */
export function intervalLine(interval: Interval): string {
  const { requests, retransmissions, transmissionErrors } = interval;
  return (
    `${interval.totalRequests} requests (${Math.round(interval.requestsPerSecond)} reqs/s, ` +
    `${retransmissions} retransmissions (${percent(percentOf(retransmissions, requests))}), ` +
    `${transmissionErrors} transmission errors (${percent(percentOf(transmissionErrors, requests))}), ` +
    `${interval.clients} clients)`
  );
}

/** How far the handshakes are. */
export function connectLine(
  connected: number,
  failed: number,
  clients: number,
  elapsedMs: number,
  isOver: boolean,
): string {
  const rate = Math.round((1000 * connected) / Math.max(1, elapsedMs));
  const took = isOver ? ` in ${(elapsedMs / 1000).toFixed(1)} s` : "";
  return `${connected} of ${clients} clients connected${took} (${rate} clients/s, ${failed} failed)`;
}

/** The end of the output. */
export function totalLines(report: Report): string[] {
  const lines = [
    `totals:     ${report.requests} requests, ${report.responses} responses in ` +
      `${(report.durationMs / 1000).toFixed(1)} s, ${Math.round(report.requestsPerSecond)} reqs/s, ` +
      `${report.retransmissions} retransmissions (${percent(report.retransmissionPercent)}), ` +
      `${report.transmissionErrors} transmission errors, ${report.unfinished} unfinished`,
    `latency:    ${durations(report.latencyMs)}`,
    `handshakes: ${report.handshakes}, ${report.failedHandshakes} failed, all tried in ` +
      `${(report.connectMs / 1000).toFixed(1)} s, ${report.handshakesUnderLoad} under load; ` +
      durations(report.handshakeMs),
    `errors:     ${kinds(report.errors)}`,
  ];
  if (report.failedHandshakes > 0)
    lines.push(`            handshakes: ${kinds(report.handshakeFailures)}`);
  const problems = kinds(report.networkProblems);
  if (problems !== "none") lines.push(`            network: ${problems}`);
  const worst = report.worstSecond;
  if (worst !== undefined && worst.retransmissions > 0) {
    lines.push(
      `worst:      second ${worst.endMs / 1000} with ${worst.retransmissions} retransmissions ` +
        `(${percent(worst.retransmissionPercent)} of ${worst.requests} requests)`,
    );
  }
  lines.push(`client CPU: ${report.cpuMicrosPerRequest.toFixed(1)} µs per request`);
  return lines;
}

function percent(value: number): string {
  return `${value.toFixed(2)}%`;
}

function durations({ p50, p90, p99, p999, max }: DurationSummary): string {
  const ms = (value: number): string => value.toFixed(value < 10 ? 2 : 0);
  return `50% ${ms(p50)} ms, 90% ${ms(p90)} ms, 99% ${ms(p99)} ms, 99.9% ${ms(p999)} ms, max ${ms(max)} ms`;
}

function kinds(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts);
  return entries.length === 0 ? "none" : entries.map(([kind, n]) => `${n} ${kind}`).join(", ");
}
