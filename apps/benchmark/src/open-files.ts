import { readFileSync } from "node:fs";
import { UsageError } from "./usage-error.ts";

/** Descriptors that the process needs for itself; a rebinding client holds two sockets for a moment. */
const RESERVE = 64;

/**
 * Node raises the soft limit to the hard one when it starts, so what is read is all there is.
 * @throws UsageError when `clients` sockets cannot be open at once.
 */
export function checkOpenFiles(
  clients: number,
  limit: number | undefined = openFilesLimit(),
): void {
  const needed = clients + RESERVE;
  if (limit === undefined || limit >= needed) return;
  throw new UsageError(
    `--clients ${clients}: ${needed} open files are needed, the limit is ${limit}; ` +
      `raise it with ulimit -n ${needed} or use up to ${Math.max(1, limit - RESERVE)} clients`,
  );
}

/** The soft limit of open files; undefined where the system does not tell (only Linux does here). */
function openFilesLimit(): number | undefined {
  try {
    const match = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    return match === null ? undefined : Number(match[1]);
  } catch {
    return undefined;
  }
}
