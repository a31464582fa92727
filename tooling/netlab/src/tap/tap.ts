import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { LabError } from "../lab-error.ts";
import { COAPS_PORT } from "../net/addresses.ts";
import type { Namespace } from "../net/namespace.ts";

const START_TIMEOUT_MS = 5000;
const STOP_TIMEOUT_MS = 10_000;
const BUFFER_KIB = 65_536;

/** A capture of the DTLS traffic of one interface, by tcpdump into a file. */
export class Tap {
  readonly name: string;
  readonly file: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #dropped = 0;

  private constructor(name: string, file: string, child: ChildProcess) {
    this.name = name;
    this.file = file;
    this.#child = child;
    this.#ended = new Promise((resolve) => child.on("exit", () => resolve()));
  }

  /** @throws LabError when tcpdump does not start. */
  static async start(
    name: string,
    namespace: Namespace,
    networkInterface: string,
    file: string,
  ): Promise<Tap> {
    const args = ["-i", networkInterface, "-n", "-B", String(BUFFER_KIB), "-Z", "root", "-w", file];
    const child = namespace.spawn("tcpdump", [...args, "udp", "port", String(COAPS_PORT)], {
      stdio: ["ignore", "ignore", "pipe"],
      yields: true,
    });
    const tap = new Tap(name, file, child);
    await tap.#listening();
    return tap;
  }

  /** Datagrams that tcpdump could not keep up with; known after {@link stop}. */
  get dropped(): number {
    return this.#dropped;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGINT");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  #listening(): Promise<void> {
    return new Promise((resolve, reject) => {
      const last: string[] = [];
      const fail = (): void => reject(new LabError(`tcpdump did not start: ${last.join(" ")}`));
      const timer = setTimeout(fail, START_TIMEOUT_MS);
      void this.#ended.then(() => {
        clearTimeout(timer);
        fail();
      });
      this.#child.on("error", fail);
      if (this.#child.stderr === null) return;
      createInterface({ input: this.#child.stderr }).on("line", (line) => {
        last.push(line);
        const dropped = /^(\d+) packets? dropped by kernel/.exec(line)?.[1];
        if (dropped !== undefined) this.#dropped = Number(dropped);
        if (!line.includes("listening on")) return;
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
