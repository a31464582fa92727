import type { Machine } from "./learn.ts";
import type { Role } from "./system.ts";

/**
 * The part of a machine that the role's drawn symbols and all records that come in time reach, as a mermaid diagram, and
 * what every symbol does in each of these states.
 */
export function describeMachine({ name, alphabet, drawn }: Role, machine: Machine): string {
  const shown = [...reached(machine, drawn)];
  const label = new Map(shown.map((number, index) => [number, `s${index}`]));
  const arrows: string[] = [];
  const rows = shown.map((number) => {
    const effects: string[] = [];
    const arrowsByTarget = new Map<string, string[]>();
    for (const symbol of alphabet) {
      const transition = machine[number]?.transitions.get(symbol);
      if (transition === undefined) continue;
      const { output, to } = transition;
      const target = label.get(to) ?? "kept";
      if (output === "-" && to === number) continue;
      effects.push(`${symbol} / ${output}${to === number ? "" : ` -> ${target}`}`);
      if (label.has(to) && (to !== number || output !== "-")) {
        const key = `${label.get(number)} --> ${target}: ${output}`;
        arrowsByTarget.set(key, [...(arrowsByTarget.get(key) ?? []), symbol]);
      }
    }
    for (const [key, symbols] of arrowsByTarget) {
      const [route, output] = key.split(": ");
      arrows.push(`    ${route}: ${symbols.join(" | ")} / ${output}`);
    }
    const access = machine[number]?.access.join(", ") || "nothing";
    return [`${label.get(number)}  after ${access}`, ...effects.map((effect) => `    ${effect}`)];
  });
  return [
    `## The ${name}`,
    "",
    "```mermaid",
    "stateDiagram-v2",
    "    [*] --> s0",
    ...arrows,
    "```",
    "",
    "```text",
    ...rows.flat(),
    "```",
    "",
  ].join("\n");
}

/** Numbers of the states that the drawn symbols reach, and "finished", data and ends where they come in time. */
function reached(machine: Machine, drawn: readonly string[]): Set<number> {
  const found = new Set([0]);
  const endings = ["finished", "finished-wrong", "data-1", "close-1", "fatal-1"];
  for (const number of found) {
    const transitions = machine[number]?.transitions;
    for (const [symbol, { output, to }] of transitions ?? []) {
      if (drawn.includes(symbol) || (endings.includes(symbol) && output !== "-")) found.add(to);
    }
  }
  return found;
}
