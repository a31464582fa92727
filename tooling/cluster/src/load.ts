import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { getPriority, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Cluster } from "./cluster.ts";
import { DEMO_PSK } from "./cluster.ts";

const BENCHMARK = fileURLToPath(new URL("../../../apps/benchmark/dist/main.js", import.meta.url));

/** What the verdict needs of the benchmark's report. */
export interface LoadReport {
  readonly requests: number;
  readonly responses: number;
  readonly handshakes: number;
  readonly unfinished: number;
  readonly transmissionErrors: number;
  readonly handshakesUnderLoad: number;
  readonly failedHandshakes: number;
  readonly retransmissionPercent: number;
  readonly worstSecond?: { readonly retransmissions: number; readonly requests: number };
}

/** What one benchmark process does. */
export interface LoadSettings {
  readonly clients: number;
  /** Seconds of load after all are connected. */
  readonly duration: number;
  readonly spread: boolean;
  readonly json: string | undefined;
  /** Number of the first client, so that several processes share no identity. */
  readonly firstClient: number;
  /** Handshakes a second; undefined: as many as go. */
  readonly handshakeRate: number | undefined;
  readonly quiet: boolean;
}

/** Devices take no processor time from the servers. */
const NICENESS = 10;

/** The benchmark client as a process whose output is the user's. */
export class Load {
  readonly ended: Promise<number>;
  /** All clients are connected; never settles when they do not get so far. */
  readonly started: Promise<void>;
  readonly #child: ChildProcess;
  readonly #directory: string = mkdtempSync(join(tmpdir(), "dtls-cluster-load-"));
  readonly #reportFile: string;

  constructor(cluster: Cluster, settings: LoadSettings) {
    this.#reportFile = settings.json ?? join(this.#directory, "report.json");
    const args = [
      ...targetsOf(cluster),
      ["--clients", String(settings.clients)],
      ["--first-client", String(settings.firstClient)],
      ["--duration", String(settings.duration)],
      ["--psk", DEMO_PSK],
      ["--json", this.#reportFile],
      settings.spread ? ["--spread"] : [],
      settings.quiet ? ["--quiet"] : [],
      settings.handshakeRate === undefined
        ? []
        : ["--handshake-rate", String(settings.handshakeRate)],
    ].flat();
    this.#child = spawn(process.execPath, ["--enable-source-maps", BENCHMARK, ...args], {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    const { pid } = this.#child;
    if (pid !== undefined) setPriority(pid, Math.max(NICENESS, getPriority()));
    this.ended = new Promise((resolve) => {
      this.#child.on("exit", (code) => resolve(code ?? 1));
      this.#child.on("error", () => resolve(127));
    });
    this.started = new Promise((resolve) => {
      if (this.#child.stdout === null) return;
      createInterface({ input: this.#child.stdout }).on("line", (line) => {
        console.log(line);
        if (line.includes("clients connected in ")) resolve();
      });
    });
  }

  /** Lets the clients send to the nodes that serve now. */
  move(cluster: Cluster): void {
    if (this.#child.connected) this.#child.send({ targets: targetsOf(cluster) });
  }

  /** The report of a run that has ended; undefined when it wrote none. */
  report(): LoadReport | undefined {
    try {
      return JSON.parse(readFileSync(this.#reportFile, "utf8")) as LoadReport;
    } catch {
      return undefined;
    } finally {
      rmSync(this.#directory, { recursive: true, force: true });
    }
  }

  stop(): Promise<number> {
    this.#child.kill("SIGTERM");
    return this.ended;
  }
}

function targetsOf(cluster: Cluster): string[] {
  return cluster.nodes.map((node) => `coaps://${node.addresses.coaps}/benchmark?rlen=40`);
}
