import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { freeUdpPorts } from "@dtls-cluster/testkit/free-ports";
import { bounded } from "./bounded.ts";
import { Child } from "./child.ts";

const MAIN = fileURLToPath(new URL("../../../../apps/server/dist/main.js", import.meta.url));
const READY_TIMEOUT_MS = 30_000;

/** Identity prefix and secret of the clients; they protect nothing but loopback. */
export const BENCH_PSK = "cali.*:.fornium";

/** Counters that a server logs when it stops, those that the benchmarks read. */
export interface ServerCounters {
  readonly requests: number;
  readonly kernelDrops: number;
  readonly forwarder: Readonly<Record<string, number>>;
}

export interface ServerOptions {
  readonly batch: "on" | "off" | "auto";
  /** Default: no status line, so that nothing but the load takes CPU time. */
  readonly statusIntervalSeconds?: number;
  /** Protection between the nodes of a cluster. Default `udp`. */
  readonly level?: "udp" | "dtls-mac";
  readonly nodeArgs?: readonly string[];
  /** Further options of the server. */
  readonly args?: readonly string[];
  /** Lines of its log that are JSON objects. */
  readonly onEvent?: (line: Readonly<Record<string, unknown>>) => void;
  readonly onMessage?: (message: unknown) => void;
}

/** A built server in a process of its own. */
export class Server {
  readonly coaps: string;
  /** Undefined for a node of a cluster. */
  readonly coap: string | undefined;
  readonly child: Child;
  readonly #ready: Promise<void>;
  #counters: ServerCounters | undefined;

  private constructor(
    at: { readonly coaps: string; readonly coap: string | undefined; readonly name: string },
    args: readonly string[],
    options: ServerOptions,
    env: NodeJS.ProcessEnv,
  ) {
    this.coaps = at.coaps;
    this.coap = at.coap;
    let markReady: () => void = () => {};
    const isReady = new Promise<void>((resolve) => {
      markReady = resolve;
    });
    this.child = new Child(
      at.name,
      process.execPath,
      [
        ...(options.nodeArgs ?? []),
        MAIN,
        ...["--coaps", at.coaps, "--coap", at.coap ?? "off", "--psk", BENCH_PSK],
        ...[
          "--batch",
          options.batch,
          "--status-interval",
          String(options.statusIntervalSeconds ?? 0),
        ],
        ...args,
        ...(options.args ?? []),
      ],
      {
        env,
        onLine: (line) => {
          const parsed = parseLine(line);
          const { event, counters } = parsed;
          options.onEvent?.({ ...parsed });
          if (event === "ready") markReady();
          if (event === "stopped") this.#counters = counters;
        },
        ...(options.onMessage === undefined ? {} : { onMessage: options.onMessage }),
      },
    );
    const ended = this.child.ended.then(() => {
      throw this.child.problem("ended before it was ready");
    });
    // Whoever waits for it gets the error; nobody has to.
    ended.catch(() => {});
    this.#ready = Promise.race([isReady, ended]);
  }

  /** One server that stands alone, with plain CoAP beside. */
  static async start(options: ServerOptions): Promise<Server> {
    const [coaps, coap] = await freeUdpPorts(2);
    const at = { name: "the server", coaps: `127.0.0.1:${coaps}`, coap: `127.0.0.1:${coap}` };
    const server = new Server(at, [], options, {});
    await server.ready();
    return server;
  }

  /** Servers that form a cluster. */
  static async startCluster(count: number, options: ServerOptions): Promise<readonly Server[]> {
    const ports = await freeUdpPorts(2 * count);
    const cluster = ports.slice(count).map((port) => `127.0.0.1:${port}`);
    const secret = (): string => randomBytes(32).toString("base64");
    const env = {
      DTLS_CLUSTER_COOKIE_SECRET_BASE64: secret(),
      ...(options.level === "dtls-mac"
        ? { DTLS_CID_MGMT_IDENTITY: "bench", DTLS_CID_MGMT_SECRET_BASE64: secret() }
        : {}),
    };
    const nodes = cluster.map((address, index) => {
      const id = String(index + 1);
      const at = { name: `node ${id}`, coaps: `127.0.0.1:${ports[index]}`, coap: undefined };
      const args = ["--node-id", id, "--cluster", address, "--cluster-nodes", cluster.join(",")];
      return new Server(at, args, options, env);
    });
    await Promise.all(nodes.map((node) => node.ready()));
    return nodes;
  }

  private async ready(): Promise<void> {
    await bounded(this.#ready, READY_TIMEOUT_MS, () =>
      this.child.problem(`was not ready within ${READY_TIMEOUT_MS / 1000} s`),
    );
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Stops the server. @throws Error when it had failed before. */
  async stop(): Promise<ServerCounters> {
    const code = await this.child.stop();
    if (code !== 0 || this.#counters === undefined) {
      throw this.child.problem(`ended with exit code ${code}`);
    }
    return this.#counters;
  }
}

function parseLine(line: string): { readonly event?: string; readonly counters?: ServerCounters } {
  try {
    return JSON.parse(line) as ReturnType<typeof parseLine>;
  } catch {
    return {};
  }
}
