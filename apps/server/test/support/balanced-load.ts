import { createSocket, type Socket } from "node:dgram";
import {
  type BenchmarkConfig,
  type ClientSocket,
  defaultConfig,
  pskCredentials,
  type Report,
  resolveTargets,
  runBenchmark,
  type SocketReceiver,
  type Surroundings,
} from "@dtls-cluster/benchmark";
import { NonceAuditor } from "@dtls-cluster/testkit";
import { type NodePorts, TEST_PSK } from "./test-nodes.ts";

const LOOPBACK = "127.0.0.1";

/**
 * What stands between clients and nodes: each datagram goes to any of the nodes of its client's choice,
 * and an auditor sees all of them, in both directions.
 */
export class Balancer {
  readonly auditor: NonceAuditor;
  readonly #servers = new Set<number>();
  readonly #sockets = new Set<Socket>();
  /** Told about each datagram of a client, and to one. */
  onSend: (datagram: Uint8Array) => void = () => {};
  onReceive: (datagram: Uint8Array) => void = () => {};
  #choose: (client: number, isHandshake: boolean) => NodePorts;

  constructor(nodes: readonly NodePorts[]) {
    this.#choose = anyOf(nodes);
    this.addServers(nodes);
    this.auditor = new NonceAuditor({
      serverOf: ({ port }) => (this.#servers.has(port) ? "cluster" : undefined),
      cidLengthToServer: 6,
      cidLengthToClient: 0,
    });
  }

  /** Ports that count as the cluster for the auditor. */
  addServers(nodes: readonly NodePorts[]): void {
    for (const { coaps } of nodes) this.#servers.add(coaps);
  }

  /** Waits until so many more sealed records were seen. */
  async traffic(records: number): Promise<void> {
    const enough = this.auditor.sealedRecords + records;
    const end = performance.now() + 15_000;
    while (this.auditor.sealedRecords < enough) {
      if (performance.now() > end) throw new Error("the clients are not answered");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** From now on datagrams go where `choose` says. */
  route(choose: (client: number, isHandshake: boolean) => NodePorts): void {
    this.#choose = choose;
  }

  readonly surroundings: Surroundings = {
    now: () => performance.now(),
    wake(delayMs, callback) {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    afterReading(callback) {
      // Sockets are read between two rounds of immediates.
      setImmediate(() => {
        const readUntil = performance.now();
        setImmediate(() => callback(readUntil));
      });
    },
    openSocket: (_targets, _only, receiver) => this.#openSocket(receiver),
    random: Math.random,
    cpuMicros: () => {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
  };

  async #openSocket(receiver: SocketReceiver): Promise<ClientSocket> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, LOOPBACK, resolve));
    this.#sockets.add(socket);
    const own = { address: LOOPBACK, port: socket.address().port };
    socket.on("error", (error) => receiver.problem(error.name));
    socket.on("message", (datagram, from) => {
      this.auditor.observe(datagram, { address: from.address, port: from.port }, own);
      this.onReceive(datagram);
      receiver.datagram(datagram);
    });
    return {
      send: (datagram) => {
        this.onSend(datagram);
        const { coaps } = this.#choose(own.port, datagram[0] !== 25);
        this.auditor.observe(datagram, own, { address: LOOPBACK, port: coaps });
        socket.send(datagram, coaps, LOOPBACK);
      },
      close: () => {
        socket.removeAllListeners("message");
        this.#sockets.delete(socket);
        socket.close();
      },
    };
  }
}

/** Any of the nodes, anew for each datagram. */
export function anyOf(nodes: readonly NodePorts[]): () => NodePorts {
  return () => nodes[Math.floor(Math.random() * nodes.length)] as NodePorts;
}

export interface LoadSettings extends Partial<BenchmarkConfig> {
  readonly clients: number;
  /** Default `/benchmark?rlen=40`. */
  readonly path?: string;
  /** Undefined: until all `requests` are answered. */
  readonly durationMs: number | undefined;
}

/** Clients that load the nodes through the balancer until the time is over or `signal` says so. */
export async function runLoad(
  balancer: Balancer,
  settings: LoadSettings,
  signal?: AbortSignal,
): Promise<Report> {
  const { path = "/benchmark?rlen=40", ...given } = settings;
  const targets = await resolveTargets([`coaps://${LOOPBACK}:5784${path}`]);
  const config: BenchmarkConfig = {
    ...defaultConfig,
    targets,
    credentials: pskCredentials(TEST_PSK),
    reportIntervalMs: 60_000,
    // The time-outs of a client that does not hear anything shall not outlast a test.
    maxRetransmit: 3,
    handshakeTimeoutMs: 10_000,
    ...given,
  };
  return runBenchmark(config, {
    surroundings: balancer.surroundings,
    ...(signal === undefined ? {} : { signal }),
  });
}
