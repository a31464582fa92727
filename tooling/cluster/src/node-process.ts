import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** One line of a server's log, a JSON object. */
export type LogLine = Readonly<Record<string, unknown>>;

export interface NodeAddresses {
  readonly id: number;
  /** Node id and colour. */
  readonly name: string;
  readonly coaps: string;
  readonly cluster: string;
  readonly handover: string;
}

const STOP_TIMEOUT_MS = 10_000;

/** A server process of the cluster, followed by its log. */
export class NodeProcess {
  readonly addresses: NodeAddresses;
  /** Settles when the process ended: its exit code, or 128 and more for a signal. */
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;
  readonly #last: LogLine[] = [];
  readonly #waiting = new Map<string, (line: LogLine) => void>();
  readonly #seen = new Map<string, LogLine>();
  readonly #phases: LogLine[] = [];
  #hasEnded = false;

  constructor(
    addresses: NodeAddresses,
    entry: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv,
  ) {
    this.addresses = addresses;
    this.#child = spawn(process.execPath, ["--enable-source-maps", entry, ...args], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.ended = new Promise((resolve) => {
      this.#child.on("exit", (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
      this.#child.on("error", () => resolve(127));
    });
    void this.ended.then(() => {
      this.#hasEnded = true;
    });
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on("line", (text) => this.#take(text));
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The last lines of the log, for a report of a failure. */
  get lastLines(): readonly LogLine[] {
    return this.#last;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The phases of its handovers, in order. */
  get phases(): readonly LogLine[] {
    return this.#phases;
  }

  /** The newest log line with this `event`, if there was one. */
  last(name: string): LogLine | undefined {
    return this.#seen.get(name);
  }

  /** Waits for the log line with this `event`; undefined when the process ends first. */
  event(name: string): Promise<LogLine | undefined> {
    const seen = this.#seen.get(name);
    if (seen !== undefined) return Promise.resolve(seen);
    const line = new Promise<LogLine>((resolve) => this.#waiting.set(name, resolve));
    return Promise.race([line, this.ended.then(() => this.#seen.get(name))]);
  }

  /** Asks the process to end and waits; kills it when it does not. */
  async stop(): Promise<number> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    const code = await this.ended;
    clearTimeout(timer);
    return code;
  }

  #take(text: string): void {
    let line: LogLine;
    try {
      line = JSON.parse(text) as LogLine;
    } catch {
      line = { msg: text };
    }
    this.#last.push(line);
    if (this.#last.length > 20) this.#last.shift();
    const event = line["event"];
    if (typeof event !== "string") return;
    this.#seen.set(event, line);
    if (event === "handover-phase") this.#phases.push(line);
    this.#waiting.get(event)?.(line);
    this.#waiting.delete(event);
  }
}
