import { Command, InvalidArgumentError } from "commander";
import type { Benchmark, Settings } from "./benchmark.ts";

export interface CommandLine extends Settings {
  readonly chosen: readonly Benchmark[];
  readonly write: boolean;
}

const EXIT_USAGE = 2;

/** Parses the arguments of `npm run bench`; ends the process with code 2 on a wrong one. */
export function parseCommandLine(
  argv: readonly string[],
  benchmarks: readonly Benchmark[],
): CommandLine {
  const command = new Command("npm run bench --")
    .description("Measures and prints; without a name, everything.")
    .argument("[NAME...]", "benchmarks to run")
    .option("--runs <n>", "repetitions, of which the median is taken", integer(1, 100), 3)
    .option("--seconds <s>", "length of each measured window", integer(1, 600), 4)
    .option("--write", "replace the section of each benchmark in docs/benchmarks.md", false)
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", namesText(benchmarks))
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE));
  command.parse(argv as string[], { from: "user" });
  const { runs, seconds, write } = command.opts<Settings & { readonly write: boolean }>();
  const unknown = command.args.find((name) => benchmarks.every((one) => one.name !== name));
  if (unknown !== undefined) {
    const names = benchmarks.map(({ name }) => name).join(", ");
    console.error(`unknown benchmark "${unknown}"; known: ${names}`);
    process.exit(EXIT_USAGE);
  }
  const chosen = benchmarks.filter(
    ({ name }) => command.args.length === 0 || command.args.includes(name),
  );
  return { chosen, runs, seconds, write };
}

function integer(minimum: number, maximum: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < minimum || number > maximum) {
      throw new InvalidArgumentError(`Accepted is an integer from ${minimum} to ${maximum}.`);
    }
    return number;
  };
}

function namesText(benchmarks: readonly Benchmark[]): string {
  const width = Math.max(...benchmarks.map(({ name }) => name.length));
  const lines = benchmarks.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `\nBenchmarks:\n${lines.join("\n")}`;
}
