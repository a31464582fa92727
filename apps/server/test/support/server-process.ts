import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
// The tests may run under a Node that cannot run TypeScript; the pinned one can.
const pinned = fileURLToPath(new URL("../../../../node_modules/node/bin/node", import.meta.url));
const nodeBinary = existsSync(pinned) ? pinned : process.execPath;

/** One line of a server's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** Counters that a server logs at its end. */
export interface FinalCounters {
  readonly requests: number;
  readonly connections: number;
  readonly generation: number;
  readonly dtls: Readonly<Record<string, unknown>>;
  readonly forwarder: Readonly<Record<string, number>>;
}

const LIMIT_MS = 20_000;
const running = new Set<ServerProcess>();

/** A real server process, run from its sources. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #lines: LogLine[] = [];
  readonly #waiting = new Set<() => void>();
  /** Settles with exit code and signal. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  stderr = "";
  hasEnded = false;

  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const options = ["--conditions=@dtls-cluster/source", "--disable-warning=ExperimentalWarning"];
    this.#child = spawn(nodeBinary, [...options, main, ...args], {
      env: { PATH: process.env["PATH"], ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(this);
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on("line", (line) => this.#take(line));
    }
    this.ended = new Promise((resolve) => {
      this.#child.on("close", (code, signal) => {
        this.hasEnded = true;
        running.delete(this);
        for (const wake of this.#waiting) wake();
        resolve({ code, signal });
      });
    });
  }

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** Names of the phases it has been in, without those in which it only waits. */
  get phases(): readonly unknown[] {
    return this.#lines
      .filter((line) => line["event"] === "handover-phase")
      .map((line) => line["phase"]);
  }

  /** Waits for a line. @throws Error with what it logged when it does not come. */
  async line(matches: (line: LogLine) => boolean, what: string): Promise<LogLine> {
    const end = performance.now() + LIMIT_MS;
    for (;;) {
      const found = this.#lines.find(matches);
      if (found !== undefined) return found;
      if (this.hasEnded || performance.now() > end) {
        const log = this.#lines.map((line) => JSON.stringify(line)).join("\n");
        throw new Error(`no "${what}" in:\n${log}\n${this.stderr}`);
      }
      await this.#change(end - performance.now());
    }
  }

  event(name: string): Promise<LogLine> {
    return this.line((line) => line["event"] === name, name);
  }

  /** Waits until it is, or was, in a phase of a handover. */
  phase(name: string): Promise<LogLine> {
    return this.line(
      (line) => line["event"] === "handover-phase" && line["phase"] === name,
      `phase ${name}`,
    );
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** SIGTERM; returns its last counters. */
  async stop(): Promise<FinalCounters> {
    this.signal("SIGTERM");
    await this.ended;
    return this.counters();
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  /** What it counted until it ended. */
  counters(): FinalCounters {
    const last = this.#lines.find((line) => line["event"] === "stopped");
    if (last === undefined) throw new Error(`the server did not stop by itself: ${this.stderr}`);
    return last["counters"] as FinalCounters;
  }

  #take(text: string): void {
    let line: LogLine;
    try {
      line = JSON.parse(text) as LogLine;
    } catch {
      line = { msg: text };
    }
    this.#lines.push(line);
    for (const wake of this.#waiting) wake();
  }

  #change(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(), Math.max(1, withinMs));
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      this.#waiting.add(done);
    });
  }
}

/** Ends what a failed test left behind. */
export async function killAll(): Promise<void> {
  await Promise.all([...running].map((server) => server.kill()));
}
