import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Cluster } from "./cluster.ts";
import { DEMO_PSK } from "./cluster.ts";
import type { ClusterOptions } from "./options.ts";

const BENCHMARK = fileURLToPath(new URL("../../../apps/benchmark/dist/main.js", import.meta.url));

/** The benchmark client as a process whose output is the user's. */
export class Load {
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;

  constructor(cluster: Cluster, options: ClusterOptions) {
    const args = [
      ...cluster.nodes.map((node) => `coaps://${node.addresses.coaps}/benchmark?rlen=40`),
      ["--clients", String(options.clients)],
      ["--duration", String(options.duration)],
      ["--psk", DEMO_PSK],
      options.spread ? ["--spread"] : [],
      options.json === undefined ? [] : ["--json", options.json],
    ].flat();
    this.#child = spawn(process.execPath, ["--enable-source-maps", BENCHMARK, ...args], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    this.ended = new Promise((resolve) => {
      this.#child.on("exit", (code) => resolve(code ?? 1));
      this.#child.on("error", () => resolve(127));
    });
  }

  stop(): Promise<number> {
    this.#child.kill("SIGTERM");
    return this.ended;
  }
}
