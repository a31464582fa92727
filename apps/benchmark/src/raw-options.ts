import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { environmentName, optionName, optionTable } from "./option-table.ts";
import { UsageError } from "./usage-error.ts";

/** The text of one option and where it came from, for the error message. */
export interface RawValue {
  readonly source: string;
  readonly text: string;
}

/** What the command line and the environment say, nothing interpreted yet. */
export interface RawOptions {
  readonly uris: readonly string[];
  /** By option name without dashes, for example `max-errors`. Flags have the text "true". */
  readonly values: ReadonlyMap<string, RawValue>;
}

/** The command has printed what was asked for: `--help` or `--version`. */
export const alreadyAnswered = "already answered";

/**
 * Reads flags, and for those that are absent the environment (`DTLS_BENCHMARK_...`).
 * @param argv arguments after the program's name.
 * @throws UsageError for options that do not exist or lack their value.
 */
export function readRawOptions(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): RawOptions | typeof alreadyAnswered {
  const values = new Map<string, RawValue>();
  const command = describeCommand(values);
  try {
    command.parse([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return alreadyAnswered;
    throw new UsageError(error.message.replace(/^error: /, ""), { cause: error });
  }
  for (const { flags } of optionTable) readEnvironment(flags, environment, values);
  const uris = command.args.length > 0 ? command.args : wordsOf(environment[URIS_VARIABLE]);
  return { uris, values };
}

const URIS_VARIABLE = "DTLS_BENCHMARK_URIS";

function describeCommand(values: Map<string, RawValue>): Command {
  const command = new Command("dtls-cluster-benchmark")
    .description("Loads CoAP servers over DTLS 1.2 or plain UDP and counts retransmissions.")
    .argument("[URI...]", "nodes: coaps://host:port/benchmark?rlen=40 or coap://...")
    .version(packageVersion(), "--version", "print the version")
    .helpOption("--help", "print this text")
    .addHelpText("after", helpEpilogue)
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  for (const { flags, help } of optionTable) {
    const name = optionName(flags);
    command.option(flags, help);
    command.on(`option:${name}`, (text: string | undefined) => {
      values.set(name, { source: `--${name}`, text: text ?? "true" });
    });
  }
  return command;
}

const helpEpilogue = `
Every option has an environment variable: DTLS_BENCHMARK_ and its name in capitals, for example
DTLS_BENCHMARK_MAX_ERRORS=10, DTLS_BENCHMARK_SPREAD=true; ${URIS_VARIABLE} holds the URIs, separated by
spaces. Options on the command line win.

Exit codes: 0 all went well, 1 not so (see --max-errors, --max-retransmission-percent), 2 a wrong option,
130 and 143 after SIGINT and SIGTERM.`;

function readEnvironment(
  flags: string,
  environment: Readonly<Record<string, string | undefined>>,
  values: Map<string, RawValue>,
): void {
  const name = optionName(flags);
  const source = environmentName(name);
  const text = environment[source];
  if (text === undefined || text === "" || values.has(name)) return;
  if (flags.includes(" ")) {
    values.set(name, { source, text });
    return;
  }
  if (!/^(?:true|false|1|0|yes|no)$/i.test(text)) {
    throw new UsageError(`${source} "${text}": true or false is accepted`);
  }
  if (/^(?:true|1|yes)$/i.test(text)) values.set(name, { source, text: "true" });
}

function wordsOf(text: string | undefined): string[] {
  return (text ?? "").split(/\s+/).filter((word) => word !== "");
}

function packageVersion(): string {
  const description: unknown = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  );
  return (description as { readonly version: string }).version;
}
