import type { RawOptions } from "./raw-options.ts";
import { UsageError } from "./usage-error.ts";

/** Reads the text of options, and says which one is wrong and what is accepted. */
export class OptionValues {
  readonly #raw: RawOptions;

  constructor(raw: RawOptions) {
    this.#raw = raw;
  }

  has(name: string): boolean {
    return this.#raw.values.has(name);
  }

  text(name: string): string | undefined {
    return this.#raw.values.get(name)?.text;
  }

  /** @throws UsageError for anything but a whole number within the bounds. */
  integer(name: string, lowest: number, highest: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= lowest && value <= highest)) {
      throw this.problem(name, `a whole number from ${lowest} to ${highest} is accepted`);
    }
    return value;
  }

  /** @throws UsageError for anything but a decimal number within the bounds. */
  decimal(name: string, lowest: number, highest: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,12}(?:\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= lowest && value <= highest)) {
      throw this.problem(name, `a number from ${lowest} to ${highest} is accepted`);
    }
    return value;
  }

  /** @throws UsageError for anything but one of the words. */
  word<T extends string>(name: string, words: readonly T[]): T | undefined {
    const text = this.text(name)?.toUpperCase();
    if (text === undefined) return undefined;
    const found = words.find((word) => word.toUpperCase() === text);
    if (found === undefined) throw this.problem(name, `${words.join(", ")} are accepted`);
    return found;
  }

  /** @throws UsageError when both are given. */
  exclude(name: string, other: string): void {
    if (this.has(name) && this.has(other)) {
      throw new UsageError(`${this.#source(name)} and ${this.#source(other)} exclude each other`);
    }
  }

  problem(name: string, accepted: string): UsageError {
    return new UsageError(`${this.#source(name)} "${this.text(name) ?? ""}": ${accepted}`);
  }

  #source(name: string): string {
    return this.#raw.values.get(name)?.source ?? `--${name}`;
  }
}
