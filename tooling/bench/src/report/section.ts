import type { Benchmark, Part, Settings } from "../benchmark.ts";
import { markdownTable } from "./table.ts";

/** The Markdown of one benchmark, without its markers. */
export function sectionText(
  benchmark: Benchmark,
  parts: readonly Part[],
  settings: Settings,
  { machine, startedAt }: { readonly machine: string; readonly startedAt: Date },
): string {
  const { name, title } = benchmark;
  const command = `npm run bench -- ${name} --runs ${settings.runs} --seconds ${settings.seconds}`;
  const date = `${startedAt.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return [`## ${title}`, `\`${command}\`, ${date}, ${machine}`, ...parts.map(partText)].join(
    "\n\n",
  );
}

function partText(part: Part): string {
  switch (part.kind) {
    case "table":
      return markdownTable(part.table);
    case "text":
      return part.text;
    case "output":
      return `\`\`\`text\n${part.text.trimEnd()}\n\`\`\``;
  }
}
