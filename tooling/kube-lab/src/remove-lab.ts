import { rmSync, statSync } from "node:fs";
import { removeGroups } from "./host/control-groups.ts";
import { allProcesses, isAlive, namespaceOf, signal } from "./host/processes.ts";
import { LabError } from "./lab-error.ts";
import { isAbandoned, type LabRecord, labFolder, labNames, readRecord } from "./lab-record.ts";

const ENDS_WITHIN_MS = 20_000;
const RECORD_WRITTEN_WITHIN_MS = 5000;

/** Ends everything that runs in a lab and removes what is left of it. @throws LabError */
export async function removeLab(name: string): Promise<void> {
  const record = readRecord(name);
  if (record !== undefined) await endProcesses(record);
  await until(() => removeGroups(name), `the control groups of lab ${name} are still in use`);
  rmSync(labFolder(name), { recursive: true, force: true });
}

/** Removes the labs that nobody uses any more. @returns their names. @throws LabError */
export async function removeAbandonedLabs(): Promise<string[]> {
  const abandoned = labNames().filter((name) => {
    const record = readRecord(name);
    return record === undefined ? isOld(labFolder(name)) : isAbandoned(record);
  });
  for (const name of abandoned) await removeLab(name);
  return abandoned;
}

/** The kernel ends the lab's processes, mounts and interfaces with its first process; programs in its networks have others. */
async function endProcesses({ name, leader, control, client, nodes }: LabRecord): Promise<void> {
  if (leader === undefined || !isAlive(leader)) return;
  const hosts = [control, client, ...nodes].flatMap((host) =>
    host === undefined ? [] : [host.pid],
  );
  const networks = new Set([leader.pid, ...hosts].map((pid) => namespaceOf(pid, "net")));
  const processes = namespaceOf(leader.pid, "pid");
  const guests = allProcesses().filter(
    (pid) => networks.has(namespaceOf(pid, "net")) && namespaceOf(pid, "pid") !== processes,
  );
  for (const pid of guests) if (pid !== process.pid) signal(pid, "SIGKILL");
  signal(leader.pid, "SIGKILL");
  await until(() => !isAlive(leader), `the processes of lab ${name} do not end`);
}

function isOld(folder: string): boolean {
  return Date.now() - statSync(folder).mtimeMs > RECORD_WRITTEN_WITHIN_MS;
}

async function until(isSo: () => boolean, otherwise: string): Promise<void> {
  const deadline = Date.now() + ENDS_WITHIN_MS;
  while (!isSo()) {
    if (Date.now() > deadline) throw new LabError(otherwise);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
