/** One thing that must hold, and whether it did. */
export interface Check {
  readonly title: string;
  readonly isGood: boolean;
  readonly detail: string;
  /** It depends on how busy the machine is: `--report-only` tells it and lets it pass. */
  readonly isTiming: boolean;
}

/** The checks of all runs. */
export class Checks {
  readonly #all: Check[] = [];
  readonly #isReportOnly: boolean;
  readonly #print: (line: string) => void;

  constructor(isReportOnly: boolean, print: (line: string) => void) {
    this.#isReportOnly = isReportOnly;
    this.#print = print;
  }

  get passed(): number {
    return this.#all.filter((check) => this.#passes(check)).length;
  }

  get failed(): number {
    return this.#all.length - this.passed;
  }

  get all(): readonly Check[] {
    return this.#all;
  }

  add(title: string, isGood: boolean, detail: string, isTiming = false): void {
    const check = { title, isGood, detail, isTiming };
    this.#all.push(check);
    const verdict = isGood ? "ok  " : this.#passes(check) ? "slow" : "FAIL";
    this.#print(`  ${verdict} ${title}: ${detail}`);
  }

  #passes({ isGood, isTiming }: Check): boolean {
    return isGood || (isTiming && this.#isReportOnly);
  }
}
