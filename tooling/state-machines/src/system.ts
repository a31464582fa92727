/** Something that answers each symbol with a text: an engine with a peer in front of it, or a specification. */
export interface System {
  step(symbol: string): string;
}

/** What a symbol is answered with that has no effect to be seen. */
export const nothing = "-";

/** One role of the engine, and what is said about it. */
export interface Role {
  readonly name: "server" | "client";
  readonly alphabet: readonly string[];
  /** Those of the alphabet that the diagram shows. */
  readonly drawn: readonly string[];
  /** Ways to go on that end in data, beside the single symbols: they tell states apart that look alike at once. */
  readonly endings: readonly (readonly string[])[];
  engine(): System;
  specification(): System;
}
