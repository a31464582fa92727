/** What was asked, executed and answered; a request is known by its payload. */
export class Ledger {
  readonly #executions = new Map<string, number>();
  answers = 0;
  failures = 0;
  wrongAnswers = 0;

  execute(request: string): string {
    this.#executions.set(request, (this.#executions.get(request) ?? 0) + 1);
    return `done ${request}`;
  }

  answer(request: string, answer: string): void {
    this.answers += 1;
    if (answer !== `done ${request}` || !this.#executions.has(request)) this.wrongAnswers += 1;
  }

  get doubleExecutions(): number {
    return [...this.#executions.values()].filter((count) => count > 1).length;
  }
}
