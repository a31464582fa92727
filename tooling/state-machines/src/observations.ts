import type { System } from "./system.ts";

export type Word = readonly string[];

interface Node {
  readonly output: string;
  readonly next: Map<string, Node>;
}

/** What a system answered to words; each word begins with a new system, and known answers are not asked for again. */
export class Observations {
  readonly #create: () => System;
  readonly #root: Node = { output: "", next: new Map() };
  /** Words that a new system was asked. */
  asked = 0;

  constructor(create: () => System) {
    this.#create = create;
  }

  /** The output of each symbol of the word. */
  outputs(word: Word): readonly string[] {
    return this.#known(word) ?? this.#ask(word);
  }

  #known(word: Word): readonly string[] | undefined {
    const outputs: string[] = [];
    let node: Node | undefined = this.#root;
    for (const symbol of word) {
      node = node.next.get(symbol);
      if (node === undefined) return undefined;
      outputs.push(node.output);
    }
    return outputs;
  }

  #ask(word: Word): readonly string[] {
    this.asked += 1;
    const system = this.#create();
    let node = this.#root;
    return word.map((symbol) => {
      const output = system.step(symbol);
      let next = node.next.get(symbol);
      if (next === undefined) {
        next = { output, next: new Map() };
        node.next.set(symbol, next);
      } else if (next.output !== output) {
        throw new Error(`the system is not deterministic: ${word.join(" ")}`);
      }
      node = next;
      return output;
    });
  }
}
