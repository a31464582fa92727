import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { deadline } from "./deadline.ts";
import { InteropError } from "./interop-error.ts";

const OUTPUT_LIMIT = 1 << 20;
const KILL_AFTER_MS = 3000;

/** A process that a test talks with; what it prints on both streams is kept in the order of arrival. */
export class PeerProcess {
  /** Settles when the process ended: its exit code, or 128 after a signal. */
  readonly ended: Promise<number>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #command: string;
  readonly #watchers = new Set<() => void>();
  #output = "";
  #forgotten = 0;
  #hasEnded = false;

  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#command = [program, ...args].join(" ");
    this.#child = spawn(program, args, { env: { ...process.env, ...env } });
    const take = (text: string): void => {
      const output = this.#output + text;
      this.#output = output.slice(-OUTPUT_LIMIT);
      this.#forgotten += output.length - this.#output.length;
      this.#notify();
    };
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", take);
    }
    // A peer that ended does not read any more; its exit code tells.
    this.#child.stdin.on("error", () => {});
    this.ended = new Promise((resolve) => {
      const end = (code: number): void => {
        this.#hasEnded = true;
        resolve(code);
        this.#notify();
      };
      this.#child.on("error", (error) => {
        take(error.message);
        end(127);
      });
      this.#child.on("close", (code) => end(code ?? 128));
    });
  }

  get output(): string {
    return this.#output;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Characters that were printed so far. */
  get printed(): number {
    return this.#forgotten + this.#output.length;
  }

  /** Types `text` into the process. */
  write(text: string): void {
    this.#child.stdin.write(text);
  }

  endInput(): void {
    this.#child.stdin.end();
  }

  /**
   * Waits until the output matches, from the character number `since` on.
   * @throws InteropError with the output when it does not in time.
   */
  async waitFor(pattern: RegExp, withinMs = 10_000, since = 0): Promise<RegExpExecArray> {
    const timer = deadline(withinMs);
    for (;;) {
      const match = pattern.exec(this.#output.slice(Math.max(0, since - this.#forgotten)));
      if (match !== null) return match;
      if (this.#hasEnded) throw this.#problem(`ended without printing ${pattern}`);
      if (timer.isOver) throw this.#problem(`did not print ${pattern} within ${withinMs} ms`);
      await this.#change(timer.leftMs);
    }
  }

  /** Waits for the end and gives the exit code. @throws InteropError when it does not end in time. */
  async waitForEnd(withinMs = 10_000): Promise<number> {
    const timer = deadline(withinMs);
    while (!this.#hasEnded) {
      if (timer.isOver) throw this.#problem(`did not end within ${withinMs} ms`);
      await this.#change(timer.leftMs);
    }
    return this.ended;
  }

  /** Ends the process, by force when it does not comply. */
  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    this.kill("SIGTERM");
    const force = setTimeout(() => this.#child.kill("SIGKILL"), KILL_AFTER_MS);
    await this.ended;
    clearTimeout(force);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #change(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, withinMs);
      this.#watchers.add(wake);
    });
  }

  #notify(): void {
    for (const wake of [...this.#watchers]) wake();
  }

  #problem(what: string): InteropError {
    return new InteropError(`${this.#command}\n${what}; it printed:\n${this.#output}`);
  }
}
