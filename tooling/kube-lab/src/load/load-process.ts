import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { LoadFigures } from "@dtls-cluster/netlab/load-figures";
import { REPOSITORY } from "../image/server-context.ts";
import type { Lab } from "../lab.ts";
import { LabError } from "../lab-error.ts";

export interface LoadSettings {
  /** Where the service is. */
  readonly address: string;
  readonly clients: number;
  /** Number of the first client: no two processes may use the same ones. Default: 0. */
  readonly firstClient?: number;
  /** Milliseconds between two requests of a client; undefined: none. */
  readonly interval?: number;
  /** Milliseconds until the first retransmission, and how many there are: those of CoAP by default. */
  readonly ackTimeout?: number;
  readonly maxRetransmit?: number;
  readonly psk: string;
  /** Seconds after which it ends by itself, from when all clients are connected. Default: an hour. */
  readonly duration?: number;
  /** Takes its lines. */
  readonly print?: (line: string) => void;
}

const HOUR_S = 3600;

/**
 * Starts the load so that it takes only the processor time that is left over: what kube-proxy finds in flight when it moves
 * a flow is lost, and a server whose queue is empty has next to nothing in flight. Where the scheduler groups by session
 * (autogroup), niceness counts within a session only, so the load has one of its own, which is nice as a whole.
 */
const YIELDING = [
  "-c",
  '[ ! -w /proc/self/autogroup ] || echo 10 >/proc/self/autogroup; exec nice -n 10 "$@"',
  "sh",
] as const;

/** The benchmark in the network of the clients, through the service. */
export class LoadProcess {
  /** Settles when all clients are connected. Rejects with LabError when some are not, or the process has ended. */
  readonly connected: Promise<void>;
  readonly #ended: Promise<number>;
  readonly #child: ChildProcess;
  readonly #folder: string;

  constructor(lab: Lab, settings: LoadSettings) {
    const { interval, ackTimeout, maxRetransmit } = settings;
    this.#folder = mkdtempSync(join(tmpdir(), "kube-lab-load-"));
    const args = [
      ["--clients", String(settings.clients)],
      ["--first-client", String(settings.firstClient ?? 0)],
      ["--duration", String(settings.duration ?? HOUR_S)],
      ["--psk", settings.psk],
      ["--json", this.#file],
      ["--report-interval", "5"],
      interval === undefined ? [] : ["--interval", String(interval)],
      ackTimeout === undefined ? [] : ["--ack-timeout", String(ackTimeout)],
      maxRetransmit === undefined ? [] : ["--max-retransmit", String(maxRetransmit)],
      [`coaps://${settings.address}:5784/benchmark?rlen=40`],
    ].flat();
    const {
      program,
      args: all,
      env,
    } = lab.inClient(process.execPath, [
      "--conditions=@dtls-cluster/source",
      "--disable-warning=ExperimentalWarning",
      join(REPOSITORY, "apps", "benchmark", "src", "main.ts"),
      ...args,
    ]);
    this.#child = spawn("sh", [...YIELDING, program, ...all], {
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    this.#ended = new Promise((resolve) => {
      this.#child.on("exit", (code) => resolve(code ?? 128));
      this.#child.on("error", () => resolve(127));
    });
    const ended = this.#ended.then((code) => {
      throw new LabError(
        `the benchmark ended with exit code ${code} before its clients were connected`,
      );
    });
    process.once("exit", () => this.#child.kill("SIGKILL"));
    this.connected = Promise.race([this.#watch(settings), ended]);
  }

  /** Ends the load, as Ctrl-C does, and reads its figures. @throws LabError when there are none */
  async stop(): Promise<LoadFigures> {
    this.#child.kill("SIGINT");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 30_000);
    const code = await this.#ended;
    clearTimeout(timer);
    try {
      return JSON.parse(readFileSync(this.#file, "utf8")) as LoadFigures;
    } catch (error) {
      throw new LabError(`the benchmark ended with exit code ${code} and left no figures`, {
        cause: error,
      });
    } finally {
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  get #file(): string {
    return join(this.#folder, "load.json");
  }

  #watch({ clients, print }: LoadSettings): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#child.stdout === null) return;
      createInterface({ input: this.#child.stdout }).on("line", (line) => {
        print?.(line);
        const connected = /^(\d+) of \d+ clients connected in /.exec(line)?.[1];
        if (Number(connected) === clients) resolve();
        else if (connected !== undefined) reject(new LabError(line));
      });
    });
  }
}
