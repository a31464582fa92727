import { readFileSync } from "node:fs";
import { readCertificates } from "./certificates.ts";
import { type BenchmarkConfig, defaultConfig, type Method } from "./config.ts";
import { type Credentials, defaultPsk, pskCredentials, pskFileCredentials } from "./credentials.ts";
import { OptionValues } from "./option-values.ts";
import { alreadyAnswered, readRawOptions } from "./raw-options.ts";
import { resolveTargets, type Target } from "./target.ts";
import { UsageError } from "./usage-error.ts";

/** A run as the command line describes it. */
export interface Command {
  readonly config: BenchmarkConfig;
  readonly jsonFile: string | undefined;
  readonly quiet: boolean;
}

const METHODS: readonly Method[] = ["GET", "POST", "PUT"];
const MOST_CLIENTS = 1_000_000;
const LONGEST_MS = 86_400_000;
const LARGEST_PAYLOAD = 1024;

/**
 * Reads arguments and environment, files and names. Opens no socket except for the resolver's.
 * @returns undefined when `--help` or `--version` was asked for and has been printed.
 * @throws UsageError
 */
export async function readCommandLine(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Command | undefined> {
  const raw = readRawOptions(argv, environment);
  if (raw === alreadyAnswered) return undefined;
  const values = new OptionValues(raw);
  values.exclude("con", "non");
  values.exclude("psk", "psk-file");
  for (const option of ["psk", "psk-file"]) values.exclude(option, "trust");
  const settings = readSettings(values);
  const credentials = readCredentials(values, settings.firstClient, settings.clients);
  const targets = await resolveTargets(raw.uris);
  checkTogether(values, settings, targets);
  return {
    config: { ...settings, credentials, targets },
    jsonFile: values.text("json"),
    quiet: values.has("quiet"),
  };
}

function readSettings(values: OptionValues): typeof defaultConfig {
  const seconds = (name: string, lowest: number): number | undefined => {
    const value = values.decimal(name, lowest, LONGEST_MS / 1000);
    return value === undefined ? undefined : value * 1000;
  };
  const given = {
    clients: values.integer("clients", 1, MOST_CLIENTS),
    firstClient: values.integer("first-client", 0, MOST_CLIENTS),
    requests: values.integer("requests", 1, 1e12),
    intervalMs: values.integer("interval", 1, LONGEST_MS),
    certificates: readCertificates(values),
    cipherSuites: values.text("cipher")?.split(/[,:]/) ?? defaultSuites(values),
    confirmable: values.has("non") ? false : undefined,
    method: values.word("method", METHODS),
    payloadSize: values.integer("payload-size", 0, LARGEST_PAYLOAD),
    verify: values.has("no-verify") ? false : undefined,
    maxRetransmit: values.integer("max-retransmit", 0, 20),
    ackTimeoutMs: values.integer("ack-timeout", 1, 3_600_000),
    ackRandomFactor: values.decimal("ack-random-factor", 1, 10),
    responseTimeoutMs: values.integer("response-timeout", 1, LONGEST_MS),
    errorPauseMs: values.integer("error-pause", 1, LONGEST_MS),
    spread: values.has("spread") ? true : undefined,
    rebindEvery: values.integer("rebind", 1, 1e9),
    handshakeRate: values.decimal("handshake-rate", 0.001, 1e6),
    handshakesAtOnce: values.integer("handshakes-at-once", 1, MOST_CLIENTS),
    handshakeTimeoutMs: seconds("handshake-timeout", 0.1),
    graceMs: seconds("grace", 0),
    reportIntervalMs: seconds("report-interval", 0.1),
    maxRetransmissionPercent: values.decimal("max-retransmission-percent", 0, 1e6),
    maxErrors: values.integer("max-errors", 0, 1e12),
  };
  return {
    ...defaultConfig,
    ...withoutUndefined(given),
    durationMs:
      seconds("duration", 0.1) ??
      (given.requests === undefined ? defaultConfig.durationMs : undefined),
    connectionIdLength: readCidLength(values),
    home: readHome(values),
  };
}

function defaultSuites(values: OptionValues): readonly string[] | undefined {
  return values.has("trust") ? ["TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"] : undefined;
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(given: T): Defined<T> {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Defined<T>;
}

function readCidLength(values: OptionValues): number | undefined {
  const text = values.text("cid-length");
  if (text === undefined) return defaultConfig.connectionIdLength;
  if (text.toLowerCase() === "off") return undefined;
  if (!/^\d{1,2}$/.test(text) || Number(text) > 32) {
    throw values.problem("cid-length", "a whole number from 0 to 32 or off is accepted");
  }
  return Number(text);
}

function readHome(values: OptionValues): number | undefined {
  const number = values.integer("home", 1, 1000);
  return number === undefined ? undefined : number - 1;
}

function readCredentials(values: OptionValues, firstClient: number, clients: number): Credentials {
  const file = values.text("psk-file");
  if (file === undefined) return pskCredentials(values.text("psk") ?? defaultPsk);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new UsageError(`--psk-file "${file}": not readable (${code})`, { cause: error });
  }
  return pskFileCredentials(text, file, firstClient, clients);
}

function checkTogether(
  values: OptionValues,
  settings: typeof defaultConfig,
  targets: readonly Target[],
): void {
  if (settings.home !== undefined && settings.home >= targets.length) {
    throw values.problem("home", `the URIs are numbered from 1 to ${targets.length}`);
  }
  if (!settings.spread && settings.rebindEvery === undefined) return;
  const isSecure = targets[0]?.scheme === "coaps";
  if (settings.spread) {
    if (targets.length < 2) throw new UsageError("--spread: at least two URIs are needed");
    if (!isSecure) throw new UsageError("--spread: only coaps:// URIs are accepted");
    if (targets.some((target) => target.family !== targets[0]?.family)) {
      throw new UsageError("--spread: the URIs must be all IPv4 or all IPv6");
    }
  }
  if (isSecure && settings.connectionIdLength === undefined) {
    const option = settings.spread ? "spread" : "rebind";
    throw values.problem("cid-length", `--${option} needs a Connection ID: 0 to 32 is accepted`);
  }
}
