import type { Table } from "./report/table.ts";

/** What the command line asks for. */
export interface Settings {
  /** Repetitions of each measurement; the median is reported. */
  readonly runs: number;
  /** Seconds of each measured window, after warming up. */
  readonly seconds: number;
}

/** What a benchmark gets besides its settings. */
export interface Bench extends Settings {
  /** One line of progress, not part of the result. */
  readonly progress: (line: string) => void;
}

/** A part of a section of docs/benchmarks.md. */
export type Part =
  | { readonly kind: "table"; readonly table: Table }
  | { readonly kind: "text"; readonly text: string }
  /** The output of another program, as it is. */
  | { readonly kind: "output"; readonly text: string };

export interface Benchmark {
  readonly name: string;
  readonly title: string;
  /** One sentence for `--help`. */
  readonly summary: string;
  /** @throws Error when nothing could be measured, for example because a server ended. */
  readonly run: (bench: Bench) => Promise<readonly Part[]>;
}
