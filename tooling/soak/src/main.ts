import { Command, InvalidArgumentError } from "commander";
import { soak } from "./soak.ts";

const EXIT_USAGE = 2;
const VIRTUAL_MINUTES = 30;
const command = new Command("npm run soak --")
  .description("Devices, handovers and kills on a network that loses, doubles and reorders.")
  .option("--minutes <n>", "how long to run new seeds", integer(1, 10_080), 30)
  .option("--seed <n>", "the first seed", integer(1, 2 ** 32), 1)
  .helpOption("-h, --help", "show this help")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE));
command.parse();
const { minutes, seed: first } = command.opts<{ minutes: number; seed: number }>();

const end = performance.now() + minutes * 60_000;
let bad = 0;
let seed = first;
for (; performance.now() < end; seed += 1) {
  const result = soak(seed, VIRTUAL_MINUTES);
  const { wrongAnswers, doubleExecutions, noncesTwice } = result;
  bad += wrongAnswers + doubleExecutions + noncesTwice;
  const heap = (process.memoryUsage().heapUsed / 2 ** 20).toFixed(0);
  const counts = Object.entries(result).map(([name, count]) => `${name} ${count}`);
  console.log(`seed ${seed}: ${counts.join(", ")}; heap ${heap} MiB`);
}
console.log(`${seed - first} seeds of ${VIRTUAL_MINUTES} virtual minutes, ${bad} broken promises`);
process.exit(bad === 0 ? 0 : 1);

function integer(minimum: number, maximum: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < minimum || number > maximum) {
      throw new InvalidArgumentError(`Accepted is an integer from ${minimum} to ${maximum}.`);
    }
    return number;
  };
}
