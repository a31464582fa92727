/** One thing that must hold, and whether it did. */
export interface Check {
  readonly title: string;
  readonly isGood: boolean;
  readonly detail: string;
  /** It depends on how busy the machine is: `--report-only` tells it and lets it pass. */
  readonly isTiming: boolean;
}

/** Figures of one run, by name. */
export type RunFigures = Readonly<Record<string, number | string>>;

/** The checks and figures of all runs. */
export class Checks {
  readonly #all: Check[] = [];
  readonly #figures: RunFigures[] = [];
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

  get figures(): readonly RunFigures[] {
    return this.#figures;
  }

  add(title: string, isGood: boolean, detail: string, isTiming = false): void {
    const check = { title, isGood, detail, isTiming };
    this.#all.push(check);
    const verdict = isGood ? "ok  " : this.#passes(check) ? "slow" : "FAIL";
    this.#print(`  ${verdict} ${title}: ${detail}`);
  }

  /** Says what is worth knowing and no check: it depends on how many processors the machine has. */
  tell(title: string, detail: string): void {
    this.#print(`  -    ${title}: ${detail}`);
  }

  /** Keeps the figures of a run for the report. */
  keep(figures: RunFigures): void {
    this.#figures.push(figures);
  }

  #passes({ isGood, isTiming }: Check): boolean {
    return isGood || (isTiming && this.#isReportOnly);
  }
}
