import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { LabHostPlace } from "./host/lab-host.ts";
import { identify, isAlive, type ProcessIdentity } from "./host/processes.ts";
import { LabError } from "./lab-error.ts";

/** Each lab has a folder of its name here; after a restart of the machine there is none. */
export const LABS_FOLDER = "/run/dtls-kube-lab";

/** What other runs have to know of a lab; kept in its folder. */
export interface LabRecord {
  readonly name: string;
  /** The lab is removed when this process has ended. Undefined: it stays until somebody takes it down. */
  readonly owner?: ProcessIdentity;
  /** Who brings the lab up. */
  readonly creator: ProcessIdentity;
  readonly isComplete: boolean;
  /** All that runs in the lab ends with this process. */
  readonly leader?: ProcessIdentity;
  readonly control?: LabHostPlace;
  readonly client?: LabHostPlace;
  readonly nodes: readonly LabHostPlace[];
  /** Programs by name. */
  readonly programs: Readonly<Record<string, ProcessIdentity>>;
}

const FILE = "lab.json";

export function labFolder(name: string): string {
  return join(LABS_FOLDER, name);
}

/** Takes a name for a new lab. @throws LabError when there is a lab of this name */
export function createRecord(name: string, isOwned: boolean): LabRecord {
  const creator = identify(process.pid);
  if (creator === undefined) throw new LabError("/proc tells nothing about this process");
  mkdirSync(LABS_FOLDER, { recursive: true, mode: 0o700 });
  try {
    mkdirSync(labFolder(name), { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new LabError(`--name ${name}: there is a lab of this name; accepted is one that is free`);
  }
  const record: LabRecord = {
    name,
    ...(isOwned ? { owner: creator } : {}),
    creator,
    isComplete: false,
    nodes: [],
    programs: {},
  };
  writeRecord(record);
  return record;
}

export function writeRecord(record: LabRecord): void {
  const file = join(labFolder(record.name), FILE);
  writeFileSync(`${file}.new`, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The record of a lab. Undefined when there is none, or none that can be read. */
export function readRecord(name: string): LabRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(labFolder(name), FILE), "utf8")) as LabRecord;
  } catch {
    return undefined;
  }
}

/** The names of all labs, running or left behind. */
export function labNames(): string[] {
  return existsSync(LABS_FOLDER) ? readdirSync(LABS_FOLDER) : [];
}

/** True when nobody uses the lab any more: its processes, its owner or who wanted to bring it up have ended. */
export function isAbandoned(record: LabRecord): boolean {
  if (record.owner !== undefined && !isAlive(record.owner)) return true;
  if (!record.isComplete) return !isAlive(record.creator);
  return record.leader === undefined || !isAlive(record.leader);
}
