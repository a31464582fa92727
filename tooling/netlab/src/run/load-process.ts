import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { LabError } from "../lab-error.ts";
import { COAPS_PORT, SERVICE_ADDRESS } from "../net/addresses.ts";
import type { Namespace } from "../net/namespace.ts";
import type { LoadFigures } from "./load-figures.ts";

const BENCHMARK = fileURLToPath(
  new URL("../../../../apps/benchmark/dist/main.js", import.meta.url),
);

export interface LoadSettings {
  readonly clients: number;
  /** Number of the first client: no two processes may use the same ones. */
  readonly firstClient: number;
  /** Seconds, from when all clients are connected. */
  readonly duration: number;
  readonly psk: string;
  readonly jsonFile: string;
  /** Most handshakes started in a second; undefined: no limit. */
  readonly handshakeRate?: number;
  /** Milliseconds between two requests of a client; undefined: none. */
  readonly interval?: number;
  /** Takes its lines. */
  readonly print?: (line: string) => void;
}

/** The benchmark in the namespace of the clients, against the service address. */
export class LoadProcess {
  /** Settles when all clients have connected or failed, or with the end of the process. */
  readonly connected: Promise<void>;
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;
  readonly #jsonFile: string;

  constructor(client: Namespace, settings: LoadSettings) {
    const { handshakeRate, interval } = settings;
    const args = [
      ["--clients", String(settings.clients)],
      ["--first-client", String(settings.firstClient)],
      ["--duration", String(settings.duration)],
      ["--psk", settings.psk],
      ["--json", settings.jsonFile],
      ["--report-interval", "5"],
      handshakeRate === undefined ? [] : ["--handshake-rate", String(handshakeRate)],
      interval === undefined ? [] : ["--interval", String(interval)],
      [`coaps://${SERVICE_ADDRESS}:${COAPS_PORT}/benchmark?rlen=40`],
    ].flat();
    this.#jsonFile = settings.jsonFile;
    this.#child = client.spawn(process.execPath, ["--enable-source-maps", BENCHMARK, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
      // Devices take no processor time from the servers.
      yields: true,
    });
    this.ended = new Promise((resolve) => {
      this.#child.on("exit", (code) => resolve(code ?? 128));
      this.#child.on("error", () => resolve(127));
    });
    const all = new Promise<void>((resolve) => {
      if (this.#child.stdout === null) return;
      createInterface({ input: this.#child.stdout }).on("line", (line) => {
        settings.print?.(line);
        if (/clients connected in /.test(line)) resolve();
      });
    });
    this.connected = Promise.race([all, this.ended.then(() => {})]);
  }

  /** Ends the load early: it waits for the answers that are under way. */
  finish(): void {
    this.#child.kill("SIGTERM");
  }

  /** Waits for the end and reads the figures. @throws LabError when there are none. */
  async figures(): Promise<LoadFigures> {
    const code = await this.ended;
    try {
      return JSON.parse(readFileSync(this.#jsonFile, "utf8")) as LoadFigures;
    } catch (error) {
      throw new LabError(`the benchmark ended with exit code ${code} and left no figures`, {
        cause: error,
      });
    }
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 15_000);
    await this.ended;
    clearTimeout(timer);
  }
}
