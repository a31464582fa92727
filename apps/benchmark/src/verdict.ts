import type { BenchmarkConfig } from "./config.ts";
import type { Report } from "./report.ts";

/** The sentences that say why a run was not good; none when it was. */
export function verdict(
  report: Omit<Report, "problems">,
  config: Pick<BenchmarkConfig, "maxErrors" | "maxRetransmissionPercent">,
): string[] {
  const problems: string[] = [];
  if (report.responses === 0) problems.push("not one request was answered");
  const errors =
    report.transmissionErrors + report.answerErrors + report.unfinished + report.failedHandshakes;
  if (errors > config.maxErrors) {
    problems.push(
      `${errors} errors (${report.transmissionErrors} transmission errors, ` +
        `${report.answerErrors} wrong answers, ${report.unfinished} unfinished, ` +
        `${report.failedHandshakes} failed handshakes), --max-errors allows ${config.maxErrors}`,
    );
  }
  if (report.retransmissionPercent > config.maxRetransmissionPercent) {
    problems.push(
      `${report.retransmissionPercent.toFixed(2)}% retransmissions, ` +
        `--max-retransmission-percent allows ${config.maxRetransmissionPercent}`,
    );
  }
  return problems;
}
