import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { writeFinding } from "./corpus.ts";
import { targets } from "./targets.ts";
import { watchedRun } from "./watched-run.ts";

interface Options {
  readonly seconds: number;
  readonly seed: number;
  readonly json: string | undefined;
}

const EXIT_USAGE = 2;
const width = Math.max(...targets.map(({ name }) => name.length));
const list = targets.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join("\n");

const command = new Command("npm run fuzz --")
  .description(
    "Feeds mutated input to whatever takes bytes of strangers; without a name, to everything.",
  )
  .argument("[TARGET...]", "what to fuzz")
  .option("--seconds <s>", "time for each target", integer(1, 86_400), 3600)
  .option("--seed <n>", "of the mutations; default: the time", integer(0, 2 ** 48), Date.now())
  .option("--json <file>", "write the counts of passed and failed targets to a file")
  .helpOption("-h, --help", "show this help")
  .addHelpText(
    "after",
    `\nTargets:\n${list}\n\nA finding is written to tooling/fuzz/corpus/TARGET, from where npm test runs it again.`,
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE));
command.parse();
const options = command.opts<Options>();
const unknown = command.args.find((name) => targets.every((target) => target.name !== name));
if (unknown !== undefined) {
  const names = targets.map(({ name }) => name).join(", ");
  console.error(`TARGET "${unknown}" is unknown; accepted are ${names}`);
  process.exit(EXIT_USAGE);
}

const waiting = targets.filter(
  ({ name }) => command.args.length === 0 || command.args.includes(name),
);
const rounds = Math.ceil(waiting.length / availableParallelism());
console.log(
  `${waiting.length} targets, ${options.seconds} s each, about ${rounds * options.seconds} s in all, seed ${options.seed}`,
);
let passed = 0;
let failed = 0;

async function takeTurns(): Promise<void> {
  for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
    const { name } = target;
    const { runs, outcomes, finding } = await watchedRun({ ...options, target: name });
    const told = `${name.padEnd(width)}  ${String(runs).padStart(9)} inputs, ${outcomes} outcomes`;
    if (finding === undefined) {
      passed += 1;
      console.log(`${told}, no finding`);
      continue;
    }
    failed += 1;
    const file = writeFinding(name, finding.input, finding.reason);
    console.log(`${told}, FINDING in ${file}\n${finding.reason}`);
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, takeTurns));
if (options.json !== undefined) {
  const counts = {
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [],
  };
  writeFileSync(options.json, `${JSON.stringify(counts)}\n`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

function integer(minimum: number, maximum: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < minimum || number > maximum) {
      throw new InvalidArgumentError(`Accepted is an integer from ${minimum} to ${maximum}.`);
    }
    return number;
  };
}
