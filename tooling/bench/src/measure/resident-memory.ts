import { readFileSync } from "node:fs";

/** Resident memory of a process in bytes: anonymous pages (heap, buffers) and all of them. */
export interface ResidentMemory {
  readonly anonymous: number;
  readonly total: number;
}

/** @throws Error when the process is gone. */
export function residentMemoryOf(pid: number): ResidentMemory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const bytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? Number.NaN) * 1024;
  return { anonymous: bytes("RssAnon"), total: bytes("VmRSS") };
}
