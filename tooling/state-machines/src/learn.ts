import type { Observations, Word } from "./observations.ts";

interface Transition {
  readonly output: string;
  readonly to: number;
}

/** A state: the shortest word that leads there, and what each symbol does; nothing beyond the depth. */
export interface State {
  readonly access: Word;
  readonly transitions: ReadonlyMap<string, Transition>;
}

export type Machine = readonly State[];

/**
 * Two words lead to one state when all probes are answered alike after both (Angluin's L* for Mealy machines). States whose
 * shortest word has `depth` symbols are not left any more.
 */
export function learn(
  observations: Observations,
  alphabet: readonly string[],
  probes: readonly Word[],
  depth: number,
): Machine {
  const row = (word: Word) =>
    probes
      .map((probe) =>
        observations
          .outputs([...word, ...probe])
          .slice(word.length)
          .join("; "),
      )
      .join("\n");
  const states: { access: Word; transitions: Map<string, Transition> }[] = [];
  const byRow = new Map<string, number>();
  const stateOf = (word: Word): number => {
    const key = row(word);
    let number = byRow.get(key);
    if (number === undefined) {
      number = states.push({ access: word, transitions: new Map() }) - 1;
      byRow.set(key, number);
    }
    return number;
  };
  stateOf([]);
  for (let at = 0; at < states.length; at += 1) {
    const state = states[at];
    if (state === undefined || state.access.length >= depth) continue;
    for (const symbol of alphabet) {
      const word = [...state.access, symbol];
      const to = stateOf(word);
      state.transitions.set(symbol, { output: observations.outputs(word).at(-1) ?? "", to });
    }
  }
  return states;
}

/** What the machine answers, as far as it knows. */
export function predict(machine: Machine, word: Word): string[] {
  const outputs: string[] = [];
  let state = machine[0];
  for (const symbol of word) {
    const transition = state?.transitions.get(symbol);
    if (transition === undefined) break;
    outputs.push(transition.output);
    state = machine[transition.to];
  }
  return outputs;
}
