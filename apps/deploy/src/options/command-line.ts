import { Command, CommanderError, Option } from "commander";
import { UsageError } from "../errors.ts";
import { COMMANDS, type CommandName, optionTable } from "./option-table.ts";

/** One command with the text of its options; booleans are "true". */
export interface CommandLine {
  readonly command: CommandName;
  readonly values: ReadonlyMap<string, RawValue>;
}

export interface RawValue {
  readonly text: string;
  /** Flag or variable that it came from, for messages. */
  readonly source: string;
}

const DESCRIPTIONS: Readonly<Record<CommandName, string>> = {
  install:
    "namespace, secret, rights, service and the first statefulset; again: checks and scales up",
  update: "new image in place, pod by pod: the sessions of each pod are lost",
  update0: "new image by a second statefulset that takes all sessions over (blue/green)",
  rollback: "back to the colour or image before, with all sessions",
  status: "colours, pods, connections, what is under way",
  doctor: "checks rights, certificates, labels, ports, clocks, and says what to change",
};

/**
 * @returns undefined when `--help` or `--version` has been printed
 * @throws UsageError
 */
export function readCommandLine(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  version: string,
): CommandLine | undefined {
  let found: CommandLine | undefined;
  const program = createProgram(version, (command, given) => {
    found = { command, values: valuesOf(command, given, environment) };
  });
  try {
    program.parse([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    if (error.code === "commander.help") throw new UsageError(commandNeeded());
    throw new UsageError(error.message.replace(/^error: /, "").replace(/\n/g, " "), {
      cause: error,
    });
  }
  if (found === undefined) throw new UsageError(commandNeeded());
  return found;
}

function commandNeeded(): string {
  return `a command is needed: ${COMMANDS.join(", ")} (--help explains)`;
}

function createProgram(
  version: string,
  chosen: (command: CommandName, given: Readonly<Record<string, unknown>>) => void,
): Command {
  const program = new Command("dtls-cluster-deploy")
    .description("Installs and updates a DTLS cluster on Kubernetes without losing sessions.")
    .version(version)
    .configureOutput({ outputError: () => {}, writeErr: () => {} })
    .exitOverride()
    .addHelpText("after", EPILOGUE);
  for (const name of COMMANDS) {
    const command = program
      .command(name)
      .description(DESCRIPTIONS[name])
      .allowExcessArguments(false)
      .configureOutput({ outputError: () => {} })
      .exitOverride()
      .addHelpText("after", EXIT_CODES);
    for (const row of optionTable.filter(({ commands }) => commands.includes(name))) {
      const preset = row.default === undefined ? "" : `, default: ${row.default}`;
      command.addOption(
        new Option(row.flags, `${row.description} (env: ${row.environment}${preset})`),
      );
    }
    command.action(() => chosen(name, command.opts<Record<string, unknown>>()));
  }
  return program;
}

const EXIT_CODES = `
Exit codes: 0 done, 1 begun and not ended (the reason is told; what served goes on serving), or doctor found
a fault, 2 wrong option, environment or state of the cluster: nothing was changed, 130 interrupted.`;

const EPILOGUE = `
"dtls-cluster-deploy COMMAND --help" lists the options of a command; each is an environment variable, too. A
command that was interrupted, even by SIGKILL, goes on when it is started again.
${EXIT_CODES}`;

function valuesOf(
  command: CommandName,
  given: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, RawValue> {
  const values = new Map<string, RawValue>();
  for (const row of optionTable) {
    if (!row.commands.includes(command)) continue;
    const name = optionName(row.flags);
    const value = given[camelCase(name)];
    const set = environment[row.environment];
    if (value !== undefined) values.set(name, { text: String(value), source: `--${name}` });
    else if (set !== undefined && set !== "") {
      const isFlag = !row.flags.includes(" ");
      const text = isFlag ? flagOf(row.environment, set) : set;
      if (text !== "false") values.set(name, { text, source: row.environment });
    } else if (row.default !== undefined) {
      values.set(name, { text: row.default, source: `--${name}` });
    }
  }
  return values;
}

function flagOf(variable: string, text: string): "true" | "false" {
  if (/^(?:true|1|yes)$/i.test(text)) return "true";
  if (/^(?:false|0|no)$/i.test(text)) return "false";
  throw new UsageError(`${variable} "${text}": true or false is accepted`);
}

/** `dry-run` of `--dry-run`, `image` of `--image <reference>`. */
function optionName(flags: string): string {
  return flags.slice(2).split(" ", 1)[0] ?? "";
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
