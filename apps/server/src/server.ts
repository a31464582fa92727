import { createResources, type Resources } from "@dtls-cluster/coap";
import {
  type Connection,
  type DatagramOutcome,
  DtlsUsageError,
  type SocketAddress,
} from "@dtls-cluster/dtls";
import { EndpointDriver, type TimedPart } from "@dtls-cluster/udp";
import type { ServerConfig } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";
import { diagnose } from "./diagnose.ts";
import type { Logger } from "./log.ts";
import type { ClusterChannel } from "./node/cluster-channel.ts";
import { createClusterChannel } from "./node/create-cluster-channel.ts";
import { clusterCidLayout, dtlsOptions } from "./node/dtls-options.ts";
import { type NodeSockets, openNodeSockets } from "./node/node-sockets.ts";
import { PlainCoap } from "./node/plain-coap.ts";
import { createSecureCoap, type SecureCoap } from "./node/secure-coap.ts";
import { sendBorrowed } from "./node/sockets.ts";
import { createBenchmarkResource, type ExecutionCount } from "./resources/benchmark.ts";
import { createDiagnoseResource } from "./resources/diagnose.ts";
import { StatusLine } from "./status-line.ts";

/** A server that serves. */
export class Server {
  readonly #config: ServerConfig;
  readonly #log: Logger;
  readonly #count: ExecutionCount = { executions: 0 };
  readonly #secure: SecureCoap;
  readonly #plain: PlainCoap | undefined;
  readonly #channel: ClusterChannel | undefined;
  readonly #driver: EndpointDriver;
  readonly #status: StatusLine;
  readonly #stopped: Promise<void>;
  #resolveStopped: () => void = () => {};
  #sockets: NodeSockets | undefined;
  #stopping = false;

  constructor(config: ServerConfig, log: Logger) {
    this.#config = config;
    this.#log = log;
    this.#stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });
    const clock = (): number => this.#driver.now();
    const layout = clusterCidLayout(config);
    const options = dtlsOptions(config, layout);
    const secureResources = this.#resources<Connection>(() => this.#secure.coap);
    this.#secure = createSecureCoap({
      dtls: options,
      psk: config.psk,
      transmit: (datagram, path) => {
        if (path.via !== undefined) this.#channel?.forwarder.sendBackward(datagram, path, path.via);
        else this.#sockets?.coaps.send(datagram, path.port, path.address);
      },
      execute: secureResources.handle.bind(secureResources),
      clock,
      log,
    });
    if (config.coap !== undefined) this.#plain = this.#createPlain(options.entropy);
    if (config.cluster !== undefined && layout !== undefined) {
      this.#channel = createClusterChannel(config, config.cluster, layout, {
        entropy: options.entropy,
        deliver: (datagram, address, port, via, now) =>
          isPlaced(this.#secure.dtls.receive(datagram, address, port, via, now)),
        sendCluster: (frame, to) => this.#sockets?.cluster?.send(frame, to.port, to.address),
        sendPublic: (record, address, port) => {
          if (this.#sockets !== undefined) sendBorrowed(this.#sockets.coaps, record, port, address);
        },
        onReady: () => this.#reportReady(),
        clock,
        log,
      });
    }
    const parts: (TimedPart | undefined)[] = [
      this.#secure.dtls,
      this.#secure.coap,
      this.#plain?.coap,
      this.#channel?.membership,
    ];
    this.#driver = new EndpointDriver(parts.filter((part) => part !== undefined));
    this.#status = new StatusLine(config.statusIntervalMs, () => this.snapshot(), log);
  }

  /** Settles when {@link stop} has ended everything. */
  get stopped(): Promise<void> {
    return this.#stopped;
  }

  /** Connections, nodes and counters. */
  snapshot(): ReturnType<typeof diagnose> {
    return diagnose({
      nodeId: this.#config.nodeId,
      secure: this.#secure,
      plain: this.#plain,
      channel: this.#channel,
      sockets: this.#sockets,
      executions: this.#count.executions,
    });
  }

  /** Opens the sockets and joins the cluster. @throws ConfigError when an address cannot be had. */
  async start(): Promise<void> {
    const { dtls } = this.#secure;
    const channel = this.#channel;
    this.#sockets = await openNodeSockets(
      this.#config,
      {
        coaps:
          channel === undefined
            ? (datagram, address, port, now) =>
                dtls.receive(datagram, address, port, undefined, now)
            : (datagram, address, port, now) =>
                channel.forwarder.receivePublic(datagram, address, port, now),
        coap: this.#plain?.receive.bind(this.#plain),
        cluster: channel?.receive.bind(channel),
      },
      this.#driver,
      this.#log,
    );
    if (channel === undefined) this.#reportReady();
    else channel.membership.start(this.#driver.now());
    this.#driver.rearm();
    this.#status.start();
  }

  /** Says goodbye to all clients, closes the sockets and settles {@link stopped}. May be called twice. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#status.stop();
    const now = this.#driver.now();
    const counters = this.snapshot();
    for (const connection of [...this.#secure.dtls.connections()]) {
      this.#secure.dtls.close(connection, now);
    }
    this.#channel?.stop();
    this.#driver.close();
    const { coaps, coap, cluster } = this.#sockets ?? {};
    await Promise.all([coaps, coap, cluster].map((socket) => socket?.close()));
    this.#log.info({ event: "stopped", counters }, "stopped");
    this.#resolveStopped();
  }

  #createPlain(entropy: ReturnType<typeof dtlsOptions>["entropy"]): PlainCoap {
    const resources = this.#resources<SocketAddress>(() => plain.coap);
    const plain: PlainCoap = new PlainCoap(
      entropy,
      (message, to) => {
        const socket = this.#sockets?.coap;
        if (socket !== undefined) sendBorrowed(socket, message, to.port, to.address);
      },
      resources.handle.bind(resources),
    );
    return plain;
  }

  #resources<T>(coap: () => Parameters<Resources<T>["handle"]>[0]): Resources<T> {
    return createResources<T>(
      [createBenchmarkResource(coap, this.#count), createDiagnoseResource(() => this.snapshot())],
      (error) =>
        this.#log.error(
          { event: "resource-failed", reason: error instanceof Error ? error.stack : "unknown" },
          "a resource failed",
        ),
    );
  }

  #reportReady(): void {
    const { coaps, coap, cluster } = this.#sockets ?? {};
    const text = (at: SocketAddress | undefined): string | undefined =>
      at === undefined ? undefined : `${at.address}:${at.port}`;
    this.#log.info(
      {
        event: "ready",
        coaps: text(coaps?.address),
        coap: text(coap?.address),
        cluster: text(cluster?.address),
        nodes: (this.#channel?.membership.table.idCount ?? 0) + 1,
      },
      "ready",
    );
  }
}

/** False when another node may know the association that a datagram belongs to. */
function isPlaced(outcome: DatagramOutcome): boolean {
  return (
    outcome !== "unknown-peer" &&
    outcome !== "unknown-connection-id" &&
    outcome !== "sealed-for-ever"
  );
}

/** Starts a server. @throws ConfigError for what an operator can mend. */
export async function startServer(config: ServerConfig, log: Logger): Promise<Server> {
  let server: Server;
  try {
    server = new Server(config, log);
  } catch (error) {
    if (error instanceof DtlsUsageError) throw new ConfigError(error.message);
    throw error;
  }
  await server.start();
  return server;
}
