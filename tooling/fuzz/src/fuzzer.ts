import { Random } from "@dtls-cluster/testkit";
import type { FuzzTarget } from "./fuzz-target.ts";
import { mutate } from "./mutate.ts";

/** Inputs that are kept for mutation; beyond it, a random one gives way. */
const MAX_POOL = 4096;
/** An input may take so long before it counts as a hang; machines that run tests are busy. */
export const HANG_MS = 10_000;

export interface Finding {
  readonly input: Uint8Array;
  readonly error: unknown;
}

export interface FuzzResult {
  readonly runs: number;
  /** Different outcomes. */
  readonly outcomes: number;
  readonly finding: Finding | undefined;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly corpus: readonly Uint8Array[];
  /** Asked between inputs. */
  readonly isOver: () => boolean;
  /** Told of each input before it runs, so that one that never ends can be found. */
  readonly before?: (input: Uint8Array) => void;
}

/** Runs seeds, corpus and then mutations of what had a new outcome, until the first finding or the end of time. */
export function fuzz(target: FuzzTarget, options: FuzzOptions): FuzzResult {
  const random = new Random(options.seed);
  const pool = [...target.seeds(), ...options.corpus];
  const outcomes = new Set<string>();
  let runs = 0;
  const run = (input: Uint8Array): Finding | undefined => {
    options.before?.(input);
    runs += 1;
    try {
      const outcome = target.run(input);
      if (!outcomes.has(outcome)) {
        outcomes.add(outcome);
        keep(pool, input, random);
      }
      return undefined;
    } catch (error) {
      return { input, error };
    }
  };
  for (const input of [...pool]) {
    const finding = run(input);
    if (finding !== undefined) return { runs, outcomes: outcomes.size, finding };
  }
  while (!options.isOver()) {
    const input = pool[random.integer(pool.length)] ?? new Uint8Array(0);
    const other = pool[random.integer(pool.length)] ?? input;
    const finding = run(mutate(input, other, random));
    if (finding !== undefined) return { runs, outcomes: outcomes.size, finding };
  }
  return { runs, outcomes: outcomes.size, finding: undefined };
}

function keep(pool: Uint8Array[], input: Uint8Array, random: Random): void {
  const copy = Uint8Array.from(input);
  if (pool.length < MAX_POOL) pool.push(copy);
  else pool[random.integer(MAX_POOL)] = copy;
}
