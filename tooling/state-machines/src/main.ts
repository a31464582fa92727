import { readFileSync, writeFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { documentFile, documentOf } from "./document.ts";
import { type Examination, examine } from "./examine.ts";
import { roles } from "./roles.ts";

interface Options {
  readonly depth: number;
  readonly hidden: number;
  readonly exhaustive: number;
  readonly random: number;
  readonly write: boolean | undefined;
}

const EXIT_USAGE = 2;
const command = new Command("npm run state-machines --")
  .description("Learns what the engine does for every message in every state, and compares it.")
  .option("--depth <n>", "symbols of the longest word that leads to a new state", integer(1, 12), 7)
  .option("--hidden <n>", "symbols tried between each state and each probe", integer(0, 4), 1)
  .option("--exhaustive <n>", "run all words of so many symbols, too", integer(0, 6), 3)
  .option("--random <n>", "words of twice the depth, drawn by chance", integer(0, 10_000_000), 5000)
  .option("--write", "write what was learned to docs/state-machines.md")
  .helpOption("-h, --help", "show this help")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE));
command.parse();
const options = command.opts<Options>();

const examinations: Examination[] = roles.map((role) => {
  const examination = examine(role, options);
  const { machine, words, findings } = examination;
  console.log(
    `${role.name}: ${machine.length} states, ${words} words, ${findings.length} findings`,
  );
  for (const finding of findings) console.log(`  ${finding}`);
  return examination;
});
if (options.write) writeFileSync(documentFile, documentOf(examinations));
else if (readFileSync(documentFile, "utf8") !== documentOf(examinations)) {
  console.log("docs/state-machines.md shows other machines; --write writes these");
}
process.exit(examinations.every(({ findings }) => findings.length === 0) ? 0 : 1);

function integer(minimum: number, maximum: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < minimum || number > maximum) {
      throw new InvalidArgumentError(`Accepted is an integer from ${minimum} to ${maximum}.`);
    }
    return number;
  };
}
