import { fileURLToPath } from "node:url";
import { describeMachine } from "./diagram.ts";
import type { Examination } from "./examine.ts";
import { roles } from "./roles.ts";

export const documentFile: string = fileURLToPath(
  new URL("../../../docs/state-machines.md", import.meta.url),
);

const introduction = `# State machines

What the engine does for each message in each state, learned from the engine itself by \`npm run state-machines -- --write\`;
a test compares this page with the engine. The peer has a PSK suite without extended master secret, so that it can seal
records of epoch 1 before anybody expects them.

Arrows are \`messages / answer\`. An answer in parentheses is what the application is told, \`*\` marks what is sent under the
keys, \`-\` is no answer. Names that end in 0 and 1 are sent in that epoch. What is not shown changes nothing and is not
answered. "kept" is a state that remembers one record of epoch 1 that came too early; these are left out here.
`;

/** The page of what was learned of each role, in the order of {@link roles}. */
export function documentOf(examinations: readonly Examination[]): string {
  const parts = roles.map((role, index) =>
    describeMachine(role, examinations[index]?.machine ?? []),
  );
  return `${[introduction, ...parts].join("\n").trimEnd()}\n`;
}
