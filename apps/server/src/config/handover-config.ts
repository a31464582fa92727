import { accessSync, constants, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type CaliforniumConfig, parseCalifornium } from "./californium-config.ts";
import { ConfigError } from "./config-error.ts";
import { type HostPort, parseHostPort, parseInteger } from "./option-values.ts";
import type { RawOptions } from "./options.ts";

/** How a node hands its connections over, or takes them over. */
export interface HandoverConfig {
  /** Own https address; undefined: nobody can take over from this process. */
  readonly https: HostPort | undefined;
  /** https address of the process to take over from; undefined: this process owns its node id at once. */
  readonly double: HostPort | undefined;
  readonly doubleCluster: HostPort | undefined;
  readonly certificates: string;
  readonly staleMs: number;
  readonly relayIdleMs: number;
  /** How long the end of a process waits for what it still relays. */
  readonly graceMs: number;
  /** How long a sealed copy is kept without a word of its new owner. */
  readonly copyLeaseMs: number;
  /** For a double that is a node of Californium, and for files. */
  readonly californium: CaliforniumConfig;
}

/** Files for a restart of a single node. */
export interface StateFileConfig {
  readonly save: string | undefined;
  readonly saveFormat: "own" | "californium";
  readonly restore: string | undefined;
  readonly password: string | undefined;
}

const ANY_HOST = "::";
const HOUR_MS = 3_600_000;

/** @throws ConfigError */
export function parseHandover(raw: RawOptions, coaps: HostPort): HandoverConfig {
  if (raw.cluster === undefined) {
    if (raw.handover !== undefined) throw needs("--handover", "--cluster, the own cluster address");
    if (raw.double !== undefined) throw needs("--double", "--cluster, the own cluster address");
  }
  if (raw.doubleCluster !== undefined && raw.double === undefined) {
    throw needs("--double-cluster", "--double, the https address of the same process");
  }
  return {
    https:
      raw.handover === undefined ? undefined : parseHostPort("--handover", raw.handover, ANY_HOST),
    double: peer("--double", raw.double),
    doubleCluster: peer("--double-cluster", raw.doubleCluster),
    certificates: raw.certs,
    staleMs: parseInteger("--stale", raw.stale, 0, 8760) * HOUR_MS,
    copyLeaseMs: parseInteger("--copy-lease", raw.copyLease, 5, 86_400) * 1000,
    californium: parseCalifornium(raw, coaps),
    relayIdleMs: parseInteger("--relay-idle", raw.relayIdle, 1, 86_400) * 1000,
    graceMs: parseInteger("--grace", raw.grace, 0, 86_400) * 1000,
  };
}

/** @throws ConfigError */
export function parseStateFiles(raw: RawOptions): StateFileConfig {
  if (raw.restore !== undefined && raw.double !== undefined) {
    throw new ConfigError("--restore and --double exclude each other: connections have one origin");
  }
  const file = raw.statePasswordFile;
  if (file !== undefined && raw.save === undefined && raw.restore === undefined) {
    throw needs("--state-password-file", "--save or --restore");
  }
  const { saveFormat } = raw;
  if (saveFormat !== "own" && saveFormat !== "californium") {
    throw new ConfigError(
      `--save-format: "${saveFormat}" is not accepted; give own or californium`,
    );
  }
  return {
    save: writable(raw.save),
    saveFormat,
    restore: raw.restore,
    password: file === undefined ? undefined : readPassword(file),
  };
}

function readPassword(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new ConfigError(`--state-password-file: cannot read ${file} (${code})`);
  }
  const password = text.split(/\r?\n/, 1)[0] ?? "";
  if (password.length < 8) {
    throw new ConfigError(
      `--state-password-file: the first line of ${file} must have at least 8 characters`,
    );
  }
  return password;
}

function peer(option: string, value: string | undefined): HostPort | undefined {
  if (value === undefined) return undefined;
  const address = parseHostPort(option, value, "");
  if (address.host === "" || address.port === 0) {
    throw new ConfigError(`${option}: "${value}" names no process; give HOST:PORT`);
  }
  return address;
}

function needs(option: string, what: string): ConfigError {
  return new ConfigError(`${option} needs ${what}`);
}

/** What cannot be written has to be known now: at the end it would cost all sessions. */
function writable(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    accessSync(`${dirname(resolve(file))}/`, constants.W_OK);
  } catch {
    throw new ConfigError(
      `--save: "${file}" cannot be written; give a file in a directory that exists and is writable`,
    );
  }
  return file;
}
