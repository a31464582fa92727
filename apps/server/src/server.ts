import type { KubernetesNodes } from "@dtls-cluster/discovery-k8s";
import { DtlsUsageError, type SocketAddress } from "@dtls-cluster/dtls";
import { FIRST_GENERATION, firstSequence } from "@dtls-cluster/handover";
import { EndpointDriver } from "@dtls-cluster/udp";
import type { ServerConfig } from "./config/config.ts";
import { ConfigError } from "./config/config-error.ts";
import { type Diagnosis, diagnose } from "./diagnose.ts";
import { ConnectionTransfer } from "./handover/connection-transfer.ts";
import type { Logger } from "./log.ts";
import { NodeMonitor } from "./monitor/node-monitor.ts";
import { createNodeParts, type NodeParts } from "./node/node-parts.ts";
import { type NodeSockets, openNodeSockets, type TakeDatagram } from "./node/node-sockets.ts";
import { resolveHost } from "./node/sockets.ts";
import { restoreConnections, type SavedStateContext, saveConnections } from "./saved-state.ts";
import { StatusLine } from "./status-line.ts";

/** How long the end of a process waits for a handover that is under way. */
const HANDOVER_GRACE_MS = 5000;

/** Flows move within a second where they move by themselves. */
const RELAY_SILENCE_MS = 5000;

/** What a server knows from elsewhere than its configuration. */
interface ServerSurroundings {
  /** Where the double's cluster channel is, if that was given. */
  readonly doubleCluster?: SocketAddress | undefined;
  readonly kubernetes?: KubernetesNodes | undefined;
}

/** A server that serves. */
export class Server {
  readonly #config: ServerConfig;
  readonly #log: Logger;
  readonly #parts: NodeParts;
  readonly #driver: EndpointDriver;
  readonly #monitor: NodeMonitor | undefined;
  readonly #status: StatusLine;
  readonly #stopped: Promise<number>;
  #resolveStopped: (exitCode: number) => void = () => {};
  #sockets: NodeSockets | undefined;
  /** Of a server that stands alone; in a cluster the handover knows. */
  #generation = FIRST_GENERATION;
  #isReady = false;
  #stopping = false;

  constructor(config: ServerConfig, log: Logger, around: ServerSurroundings = {}) {
    this.#config = config;
    this.#log = log;
    this.#stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });
    const snapshot = (): Diagnosis => this.snapshot();
    this.#parts = createNodeParts(config, {
      sockets: () => this.#sockets,
      clock: () => this.#driver.now(),
      rearm: () => this.#driver.rearm(),
      snapshot,
      onReady: () => this.#reportReady(),
      onIdle: () => void this.stop(),
      doubleCluster: around.doubleCluster,
      kubernetes: around.kubernetes,
      log,
    });
    this.#driver = new EndpointDriver(this.#parts.timed);
    if (config.http !== undefined) {
      const isReady = (): boolean => this.#isServing();
      this.#monitor = new NodeMonitor(config.http, snapshot, isReady, this.#parts.handover?.phases);
    }
    this.#status = new StatusLine(config.statusIntervalMs, snapshot, log);
  }

  /** Settles with the exit code when {@link stop} has ended everything. */
  get stopped(): Promise<number> {
    return this.#stopped;
  }

  /** Connections, nodes and counters. */
  snapshot(): Diagnosis {
    return diagnose({
      nodeId: this.#config.nodeId,
      isReady: this.#isServing(),
      generation: this.#parts.handover?.generation ?? this.#generation,
      parts: this.#parts,
      sockets: this.#sockets,
    });
  }

  /** Opens the sockets and joins the cluster. @throws ConfigError when an address cannot be had. */
  async start(): Promise<void> {
    const { channel, gate, handover, plain } = this.#parts;
    await this.#monitor?.listen();
    const receivePublic: TakeDatagram =
      channel === undefined
        ? (datagram, address, port, now) =>
            void gate.deliver(datagram, address, port, undefined, now)
        : (datagram, address, port, now) =>
            void channel.forwarder.receivePublic(datagram, address, port, now);
    this.#sockets = await openNodeSockets(
      this.#config,
      {
        coaps: gate.guard(receivePublic),
        coap: plain?.receive.bind(plain),
        cluster: channel?.receive.bind(channel),
      },
      this.#driver,
      this.#log,
    );
    await handover?.open();
    if (this.#config.handover.double === undefined) await this.#own();
    channel?.membership.start(this.#driver.now());
    this.#driver.rearm();
    this.#status.start();
    this.#reportReady();
  }

  /**
   * Saves the connections or says goodbye to all clients, closes the sockets and settles {@link stopped}. May
   * be called twice.
   */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const { channel, gate, handover, secure } = this.#parts;
    const end = performance.now() + HANDOVER_GRACE_MS;
    while (handover?.isHandingOver && performance.now() < end) await pause(50);
    await this.#relayOut();
    await handover?.letGo();
    this.#status.stop();
    // Of connections that were handed over another process speaks now.
    const isOwner = gate.mode === "open";
    const counters = this.snapshot();
    const isSaved = isOwner && (await this.#save());
    if (isOwner && !isSaved) {
      const now = this.#driver.now();
      for (const connection of [...secure.dtls.connections()]) secure.dtls.close(connection, now);
    }
    gate.mode = "closed";
    channel?.stop();
    this.#driver.close();
    this.#monitor?.stop();
    await handover?.close();
    const { coaps, coap, cluster } = this.#sockets ?? {};
    await Promise.all([coaps, coap, cluster].map((socket) => socket?.close()));
    await this.#monitor?.close();
    this.#log.info({ event: "stopped", counters }, "stopped");
    this.#resolveStopped(isOwner && !isSaved && this.#config.stateFiles.save !== undefined ? 1 : 0);
  }

  /** Clients that are stuck to this process go on until their flows have moved. */
  async #relayOut(): Promise<void> {
    const end = performance.now() + this.#config.handover.graceMs;
    const silence = (): number => this.#parts.handover?.relaySilenceMs ?? RELAY_SILENCE_MS;
    while (silence() < RELAY_SILENCE_MS && performance.now() < end) await pause(100);
  }

  /** Owns the node id, with the connections of a saved file if there is one. */
  async #own(): Promise<void> {
    const { gate, handover, secure } = this.#parts;
    const { restore } = this.#config.stateFiles;
    if (restore !== undefined) {
      const saved = await restoreConnections(restore, this.#savedState());
      if (saved !== undefined) this.#generation = saved + 1;
    }
    if (this.#generation > FIRST_GENERATION) {
      secure.dtls.advanceSequences(firstSequence(this.#generation));
    }
    gate.mode = "open";
    handover?.own(this.#generation);
  }

  /** False when nothing was to be saved, or it failed. */
  async #save(): Promise<boolean> {
    const { save } = this.#config.stateFiles;
    if (save === undefined) return false;
    const { gate, handover } = this.#parts;
    gate.mode = "closed";
    return saveConnections(save, handover?.generation ?? this.#generation, this.#savedState());
  }

  #savedState(): SavedStateContext {
    const { secure, cookieSecret } = this.#parts;
    return {
      nodeId: this.#config.nodeId,
      isClustered: this.#config.cluster !== undefined,
      password: this.#config.stateFiles.password,
      format: this.#config.stateFiles.saveFormat,
      californium: this.#config.handover.californium,
      staleMs: this.#config.handover.staleMs,
      cookieSecret,
      secure,
      transfer: new ConnectionTransfer(secure),
      clock: () => this.#driver.now(),
      log: this.#log,
    };
  }

  #isServing(): boolean {
    const { channel, gate } = this.#parts;
    const isComplete = channel?.membership.isReady ?? this.#sockets !== undefined;
    return isComplete && gate.mode === "open" && !this.#stopping;
  }

  #reportReady(): void {
    if (this.#isReady || !this.#isServing()) return;
    this.#isReady = true;
    const { coaps, coap, cluster } = this.#sockets ?? {};
    const text = (at: SocketAddress | undefined): string | undefined =>
      at === undefined ? undefined : `${at.address}:${at.port}`;
    this.#log.info(
      {
        event: "ready",
        coaps: text(coaps?.address),
        coap: text(coap?.address),
        cluster: text(cluster?.address),
        nodes: (this.#parts.channel?.membership.table.idCount ?? 0) + 1,
      },
      "ready",
    );
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Starts a server. @throws ConfigError for what an operator can mend. */
export async function startServer(
  config: ServerConfig,
  log: Logger,
  kubernetes?: KubernetesNodes,
): Promise<Server> {
  const { doubleCluster } = config.handover;
  const doubleAddress = doubleCluster && {
    address: await resolveHost("--double-cluster", doubleCluster.host),
    port: doubleCluster.port,
  };
  let server: Server;
  try {
    server = new Server(config, log, { doubleCluster: doubleAddress, kubernetes });
  } catch (error) {
    if (error instanceof DtlsUsageError) {
      throw new ConfigError(
        error.message
          .replace(/^cipherSuites/, "--cipher")
          .replace(/^credentials\[\d+\]\.\w+/, "--cert:"),
      );
    }
    throw error;
  }
  await server.start();
  return server;
}
