import type { ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CLUSTER_PORT, COAPS_PORT, HTTP_PORT } from "../net/addresses.ts";
import type { Pod } from "../net/lab.ts";

const SERVER = fileURLToPath(new URL("../../../../apps/server/dist/main.js", import.meta.url));
const STOP_TIMEOUT_MS = 15_000;

/** One line of a server's log. */
export type LogLine = Readonly<Record<string, unknown>>;

export interface ServerSettings {
  readonly nodeId: number;
  readonly psk: string;
  /** Secrets that all nodes share. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folder with the certificates of the handover. */
  readonly certificates: string;
  /** The pods of its own group, itself included. */
  readonly group: readonly Pod[];
  /** The pod that has this node id now. */
  readonly double: Pod | undefined;
  readonly logFile: string;
}

/** A server in its pod, followed by its log. */
export class ServerProcess {
  readonly pod: Pod;
  readonly nodeId: number;
  /** Settles when the process ended: its exit code, or 128 after a signal. */
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;
  readonly #seen = new Map<string, LogLine>();
  readonly #waiting = new Map<string, ((line: LogLine) => void)[]>();
  #hasEnded = false;

  constructor(pod: Pod, settings: ServerSettings) {
    this.pod = pod;
    this.nodeId = settings.nodeId;
    const args = ["--enable-source-maps", SERVER, ...serverArguments(pod, settings)];
    this.#child = pod.namespace.spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "inherit"],
      env: settings.environment,
    });
    this.ended = new Promise((resolve) => {
      this.#child.on("exit", (code) => resolve(code ?? 128));
      this.#child.on("error", () => resolve(127));
    });
    void this.ended.then(() => {
      this.#hasEnded = true;
    });
    const log = createWriteStream(settings.logFile);
    if (this.#child.stdout !== null) {
      this.#child.stdout.pipe(log);
      createInterface({ input: this.#child.stdout }).on("line", (text) => this.#take(text));
    }
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The last log line with this `event`. */
  last(event: string): LogLine | undefined {
    return this.#seen.get(event);
  }

  /** Waits for the log line with this `event`; undefined when the process ends first. */
  event(name: string): Promise<LogLine | undefined> {
    const seen = this.#seen.get(name);
    if (seen !== undefined) return Promise.resolve(seen);
    const line = new Promise<LogLine>((resolve) => {
      this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), resolve]);
    });
    return Promise.race([line, this.ended.then(() => this.#seen.get(name))]);
  }

  /** Asks it to end, as kubelet does, and waits. */
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
      return;
    }
    const event = line["event"];
    if (typeof event !== "string") return;
    this.#seen.set(event, line);
    for (const resolve of this.#waiting.get(event) ?? []) resolve(line);
    this.#waiting.delete(event);
  }
}

function serverArguments(pod: Pod, settings: ServerSettings): string[] {
  const { double } = settings;
  const args = [
    ["--node-id", String(settings.nodeId)],
    ["--psk", settings.psk],
    ["--coaps", `${pod.publicAddress}:${COAPS_PORT}`],
    ["--coap", "off"],
    ["--cluster", `${pod.address}:${CLUSTER_PORT}`],
    ["--cluster-nodes", settings.group.map(({ address }) => `${address}:${CLUSTER_PORT}`).join()],
    ["--http", `${pod.address}:${HTTP_PORT}`],
    ["--handover", `${pod.address}:${CLUSTER_PORT}`],
    ["--certs", settings.certificates],
    double === undefined ? [] : ["--double", `${double.address}:${CLUSTER_PORT}`],
  ];
  return args.flat();
}
