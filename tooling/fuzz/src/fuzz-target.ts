/** Something that takes bytes of a stranger. */
export interface FuzzTarget {
  readonly name: string;
  readonly summary: string;
  /** Inputs to begin with, valid ones above all. */
  seeds(): readonly Uint8Array[];
  /**
   * Takes one input and checks what must hold whatever it is; the same input always does the same.
   * @returns what became of it, in a few words: inputs whose outcome is new are mutated further.
   * @throws what must not happen
   */
  run(input: Uint8Array): string;
}

/** A broken promise, as opposed to an exception that the code under test threw. */
export class BrokenPromise extends Error {
  override readonly name = "BrokenPromise";
}

/** @throws BrokenPromise with `promise` when it does not hold */
export function promise(holds: boolean, promise: string): void {
  if (!holds) throw new BrokenPromise(promise);
}
