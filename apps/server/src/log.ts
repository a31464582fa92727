import { type Logger, pino } from "pino";

export type { Logger } from "pino";

/**
 * JSON lines on standard output: `event` names what happened, `msg` says it in words. Lines are written
 * synchronously, so that the last one before an exit is never lost.
 */
export function createLog(level: string, nodeId: number): Logger {
  return pino(
    {
      level,
      base: { node: nodeId },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ fd: 1, sync: true }),
  );
}
