import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bounded } from "./bounded.ts";
import { Child } from "./child.ts";
import { BENCH_PSK } from "./server.ts";

const MAIN = fileURLToPath(new URL("../../../../apps/benchmark/dist/main.js", import.meta.url));
const CONNECT_TIMEOUT_MS = 120_000;
const END_TIMEOUT_MS = 30_000;

/** The figures of the client's report that the benchmarks read. */
export interface LoadReport {
  readonly requests: number;
  readonly responses: number;
  readonly retransmissions: number;
  readonly retransmissionPercent: number;
  readonly transmissionErrors: number;
  readonly handshakes: number;
  readonly failedHandshakes: number;
  readonly handshakesUnderLoad: number;
  readonly answerErrors: number;
  readonly unfinished: number;
  readonly requestsPerSecond: number;
  readonly connectMs: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly intervals: readonly {
    readonly endMs: number;
    readonly requestsPerSecond: number;
    readonly retransmissionPercent: number;
    readonly transmissionErrors: number;
  }[];
  readonly cpuMicrosPerRequest: number;
  readonly problems: readonly string[];
}

/** One line of the client under load. */
interface LoadLine {
  /** Requests since the start of the load. */
  readonly requests: number;
}

export interface LoadOptions {
  readonly uris: readonly string[];
  readonly clients: number;
  /** Length of the load, after connecting. */
  readonly seconds: number;
  /** Seconds between two lines. Default 1. */
  readonly reportInterval?: number;
  readonly args?: readonly string[];
  readonly onConnected?: () => void;
  /** The n-th line came, n from 1 on. */
  readonly onLine?: (n: number, line: LoadLine) => void;
}

/** The benchmark client in a process of its own. */
export class Load {
  readonly #child: Child;
  readonly #options: LoadOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), "dtls-bench-"));
  readonly #connected: Promise<void>;
  readonly #removeFolder = (): void => rmSync(this.#folder, { recursive: true, force: true });

  constructor(options: LoadOptions) {
    this.#options = options;
    // Also when the whole program is interrupted.
    process.once("exit", this.#removeFolder);
    let lines = 0;
    let markConnected: () => void = () => {};
    this.#connected = new Promise((resolve) => {
      markConnected = resolve;
    });
    const args = [
      ...options.uris,
      ...["--clients", String(options.clients), "--duration", String(options.seconds)],
      ...["--report-interval", String(options.reportInterval ?? 1), "--psk", BENCH_PSK],
      ...["--json", this.#file],
      ...(options.args ?? []),
    ];
    this.#child = new Child("the client", process.execPath, [MAIN, ...args], {
      onLine: (text) => {
        if (/ clients connected in /.test(text)) {
          options.onConnected?.();
          markConnected();
        }
        const requests = /^(\d+) requests \(/.exec(text)?.[1];
        if (requests === undefined) return;
        lines += 1;
        options.onLine?.(lines, { requests: Number(requests) });
      },
    });
  }

  get #file(): string {
    return join(this.#folder, "report.json");
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Settles when every client has its connection. @throws Error when the client ends before. */
  async connected(): Promise<void> {
    const ended = this.#child.ended.then(() => {
      throw this.#child.problem("ended before its clients were connected");
    });
    ended.catch(() => {});
    await bounded(Promise.race([this.#connected, ended]), CONNECT_TIMEOUT_MS, () =>
      this.#child.problem(`was not connected within ${CONNECT_TIMEOUT_MS / 1000} s`),
    );
  }

  /** Waits for the end of the load. @throws Error without a report. */
  async report(): Promise<LoadReport> {
    const limitMs = CONNECT_TIMEOUT_MS + this.#options.seconds * 1000 + END_TIMEOUT_MS;
    try {
      await bounded(this.#child.ended, limitMs, () => this.#child.problem("does not end"));
      return JSON.parse(readFileSync(this.#file, "utf8")) as LoadReport;
    } catch {
      throw this.#child.problem("left no report");
    } finally {
      await this.stop();
    }
  }

  async stop(): Promise<void> {
    await this.#child.stop();
    process.removeListener("exit", this.#removeFolder);
    this.#removeFolder();
  }
}
