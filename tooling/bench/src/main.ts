import { fileURLToPath } from "node:url";
import { benchmarks } from "./benchmarks.ts";
import { parseCommandLine } from "./command-line.ts";
import { stopAllChildren } from "./process/child.ts";
import { writeSection } from "./report/document.ts";
import { describeMachine } from "./report/machine.ts";
import { sectionText } from "./report/section.ts";

const DOCUMENT = fileURLToPath(new URL("../../../docs/benchmarks.md", import.meta.url));
const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

const { chosen, runs, seconds, write } = parseCommandLine(process.argv.slice(2), benchmarks);
for (const [signal, code] of Object.entries(SIGNAL_EXIT_CODES)) {
  process.once(signal, () => void stopAllChildren().then(() => process.exit(code)));
}

const order = benchmarks.map(({ name }) => name);
for (const benchmark of chosen) {
  const startedAt = new Date();
  const machine = describeMachine();
  const progress = (line: string): void => console.error(line);
  console.error(`> ${benchmark.name}: ${benchmark.summary}`);
  try {
    const parts = await benchmark.run({ runs, seconds, progress });
    const section = sectionText(benchmark, parts, { runs, seconds }, { machine, startedAt });
    console.log(`\n${section}\n`);
    if (write) writeSection(DOCUMENT, benchmark.name, section, order);
  } catch (error) {
    console.error(`${benchmark.name}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
await stopAllChildren();
