import { UsageError } from "../errors.ts";
import type { CommandLine } from "./command-line.ts";

/** Reads the text of options, and says which one is wrong and what is accepted. */
export class OptionValues {
  readonly #line: CommandLine;

  constructor(line: CommandLine) {
    this.#line = line;
  }

  has(name: string): boolean {
    return this.#line.values.has(name);
  }

  text(name: string): string | undefined {
    return this.#line.values.get(name)?.text;
  }

  /** @throws UsageError */
  integer(name: string, lowest: number, highest: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= lowest && value <= highest) return value;
    throw this.problem(name, `a whole number from ${lowest} to ${highest} is accepted`);
  }

  /** In milliseconds. @throws UsageError */
  seconds(name: string, lowest: number): number {
    const text = this.text(name) ?? "";
    const value = /^\d{1,6}(?:\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= lowest && value <= 86_400) return value * 1000;
    throw this.problem(name, `a number of seconds from ${lowest} to 86400 is accepted`);
  }

  /** @throws UsageError when it does not look like what is accepted */
  matching(name: string, pattern: RegExp, accepted: string): string | undefined {
    const text = this.text(name);
    if (text === undefined || pattern.test(text)) return text;
    throw this.problem(name, accepted);
  }

  problem(name: string, accepted: string): UsageError {
    const { source = `--${name}`, text = "" } = this.#line.values.get(name) ?? {};
    return new UsageError(`${source} "${text}": ${accepted}`);
  }
}
