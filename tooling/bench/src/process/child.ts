import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

const STOP_TIMEOUT_MS = 20_000;
const KEPT_LINES = 8;

const running = new Set<Child>();

/** Ends what still runs; for the end of this program. */
export async function stopAllChildren(): Promise<void> {
  await Promise.all([...running].map((child) => child.stop()));
}

export interface ChildOptions {
  readonly onLine?: (line: string) => void;
  readonly onMessage?: (message: unknown) => void;
  readonly env?: NodeJS.ProcessEnv;
}

/** A process of a benchmark, its output read line by line. */
export class Child {
  readonly name: string;
  /** Exit code, or 128 for the end by a signal. */
  readonly ended: Promise<number>;
  readonly #process: ChildProcess;
  readonly #last: string[] = [];

  constructor(name: string, command: string, args: readonly string[], options: ChildOptions = {}) {
    this.name = name;
    this.#process = spawn(command, args, {
      env: { ...neutralEnvironment(), ...options.env },
      stdio: [
        "ignore",
        "pipe",
        "pipe",
        ...(options.onMessage === undefined ? [] : ["ipc" as const]),
      ],
    });
    running.add(this);
    this.ended = new Promise((resolve) => {
      this.#process.on("error", (error) => {
        this.#keep(error.message);
        running.delete(this);
        resolve(127);
      });
      this.#process.on("close", (code) => {
        running.delete(this);
        resolve(code ?? 128);
      });
    });
    const { stdout, stderr } = this.#process;
    if (stdout !== null) {
      createInterface({ input: stdout }).on("line", (line) => {
        this.#keep(line);
        options.onLine?.(line);
      });
    }
    if (stderr !== null) {
      createInterface({ input: stderr }).on("line", (line) => this.#keep(line));
    }
    if (options.onMessage !== undefined) this.#process.on("message", options.onMessage);
  }

  /** @throws Error when the process could not be started. */
  get pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw this.problem("could not be started");
    return pid;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Asks the process to end, kills it when it does not, and returns its exit code. */
  async stop(): Promise<number> {
    this.#process.kill("SIGTERM");
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), STOP_TIMEOUT_MS);
    const code = await this.ended;
    clearTimeout(timer);
    return code;
  }

  /** An error that ends with the last lines of the process. */
  problem(what: string): Error {
    return new Error([`${this.name} ${what}; its last lines:`, ...this.#last].join("\n  "));
  }

  #keep(line: string): void {
    this.#last.push(line);
    if (this.#last.length > KEPT_LINES) this.#last.shift();
  }
}

/** Options in the user's environment must not change what is measured. */
function neutralEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:DTLS_|KUBECTL_|NODE_OPTIONS$)/.test(name)),
  );
}
