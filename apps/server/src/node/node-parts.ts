import { randomBytes } from "node:crypto";
import type { CoapMessage, ServerExchange } from "@dtls-cluster/coap";
import type { KubernetesNodes } from "@dtls-cluster/discovery-k8s";
import type { DatagramOutcome, SocketAddress } from "@dtls-cluster/dtls";
import type { TimedPart } from "@dtls-cluster/udp";
import type { CidLayout } from "@dtls-cluster/wire";
import type { ServerConfig } from "../config/config.ts";
import type { Diagnosis } from "../diagnose.ts";
import { Handover } from "../handover/handover.ts";
import { ServingGate } from "../handover/serving-gate.ts";
import type { Logger } from "../log.ts";
import { createBenchmarkResource, type ExecutionCount } from "../resources/benchmark.ts";
import { createNodeResources, createSecureResources } from "../resources/secure-resources.ts";
import { AddressProof } from "./address-proof.ts";
import type { ClusterChannel } from "./cluster-channel.ts";
import { createClusterChannel } from "./create-cluster-channel.ts";
import { clusterCidLayout, dtlsOptions } from "./dtls-options.ts";
import type { NodeSockets } from "./node-sockets.ts";
import { PlainCoap } from "./plain-coap.ts";
import { createSecureCoap, type SecureCoap } from "./secure-coap.ts";
import { sendBorrowed } from "./sockets.ts";

/** What the parts need of the server around them. */
export interface NodeSurroundings {
  /** Undefined before they are open and after they are closed. */
  readonly sockets: () => NodeSockets | undefined;
  readonly clock: () => number;
  /** Parts have new deadlines. */
  readonly rearm: () => void;
  readonly snapshot: () => Diagnosis;
  /** The cluster is complete, or this process serves now. */
  readonly onReady: () => void;
  /** The process has handed everything over and nothing reaches it any more. */
  readonly onIdle: () => void;
  readonly doubleCluster: SocketAddress | undefined;
  readonly kubernetes: KubernetesNodes | undefined;
  readonly log: Logger;
}

/** All that a node is made of, but for sockets and time. */
export interface NodeParts {
  readonly secure: SecureCoap;
  readonly gate: ServingGate;
  readonly plain: PlainCoap | undefined;
  readonly channel: ClusterChannel | undefined;
  readonly handover: Handover | undefined;
  readonly count: ExecutionCount;
  readonly cookieSecret: Uint8Array;
  /** In the order in which their timeouts are handled. */
  readonly timed: readonly TimedPart[];
}

/** @throws DtlsUsageError for an option that the engine does not accept */
export function createNodeParts(config: ServerConfig, around: NodeSurroundings): NodeParts {
  const { sockets, clock, rearm, log } = around;
  const count: ExecutionCount = { executions: 0 };
  const cookieSecret = config.cookieSecret ?? randomBytes(32);
  const layout = clusterCidLayout(config);
  const options = dtlsOptions(config, layout, cookieSecret);
  const context = { ...around, config, count, secure: () => secure, maySend: () => gate.maySeal };
  const { resources, notifier } = createSecureResources(context);
  const secure: SecureCoap = createSecureCoap({
    dtls: options,
    config,
    transmit: (datagram, path) => {
      if (path.via !== undefined) channel?.forwarder.sendBackward(datagram, path, path.via);
      else sockets()?.coaps.send(datagram, path.port, path.address);
    },
    resources,
    maySend: () => gate.maySeal,
    clock,
    log,
  });
  const gate: ServingGate = new ServingGate(
    (datagram, address, port, via, now) =>
      isPlaced(secure.dtls.receive(datagram, address, port, via, now)),
    "closed",
  );
  const plain = config.coap === undefined ? undefined : createPlain(options.entropy, count, around);
  const instance = randomBytes(4).readUInt32BE();
  const channel: ClusterChannel | undefined = createChannel(config, layout, around, {
    crypto: options.crypto,
    entropy: options.entropy,
    instance,
    generation: 0,
    deliver: gate.deliver,
    guard: (receive) => gate.guard(receive),
    sendCluster: (frame, to) => sockets()?.cluster?.send(frame, to.port, to.address),
    sendPublic: (record, address, port) => {
      const socket = sockets()?.coaps;
      if (socket !== undefined) sendBorrowed(socket, record, port, address);
    },
    onDouble: (node) => handover?.pingSeen(node),
    onReady: () => {
      handover?.groupReady();
      around.onReady();
    },
  });
  const handover: Handover | undefined =
    channel &&
    new Handover({
      nodeId: config.nodeId,
      config: config.handover,
      secure,
      gate,
      channel,
      doubleCluster: around.doubleCluster,
      isGone: (host) => around.kubernetes?.isGone(host) ?? false,
      cookieSecret,
      instance,
      clusterAddress: () => sockets()?.cluster?.address,
      onServe: around.onReady,
      onStop: around.onIdle,
      clock,
      rearm,
      log,
    });
  const timed = [...timedParts(secure, gate, plain, channel), notifier];
  return { secure, gate, plain, channel, handover, count, cookieSecret, timed };
}

function createChannel(
  config: ServerConfig,
  layout: CidLayout | undefined,
  { kubernetes, clock, log }: NodeSurroundings,
  connections: Omit<Parameters<typeof createClusterChannel>[3], "kubernetes" | "clock" | "log">,
): ClusterChannel | undefined {
  if (config.cluster === undefined || layout === undefined) return undefined;
  const all = { ...connections, kubernetes, clock, log };
  return createClusterChannel(config, config.cluster, layout, all);
}

/** Exchanges wait while another process may own their connections. */
function timedParts(
  secure: SecureCoap,
  gate: ServingGate,
  plain: PlainCoap | undefined,
  channel: ClusterChannel | undefined,
): TimedPart[] {
  const gatedCoap: TimedPart = {
    handleTimeout: (now) => secure.coap.handleTimeout(now),
    nextTimeout: () => (gate.maySeal ? secure.coap.nextTimeout() : undefined),
  };
  const parts = [secure.dtls, gatedCoap, plain?.coap, channel?.membership, channel?.secure];
  return parts.filter((part) => part !== undefined);
}

function createPlain(
  entropy: ReturnType<typeof dtlsOptions>["entropy"],
  count: ExecutionCount,
  around: NodeSurroundings,
): PlainCoap {
  const proof = new AddressProof();
  // A separate response is repeated, which an address that is not proven must not cause.
  const accept = (
    exchange: ServerExchange<SocketAddress>,
    request: CoapMessage,
    now: number,
  ): void => {
    if (proof.isProven(exchange.peer.transport, request, now)) plain.coap.accept(exchange, now);
  };
  const plain: PlainCoap = new PlainCoap(
    entropy,
    (message, to) => {
      const socket = around.sockets()?.coap;
      if (socket !== undefined) sendBorrowed(socket, message, to.port, to.address);
    },
    createNodeResources([createBenchmarkResource(accept, count, () => 0)], around.log),
    proof,
  );
  return plain;
}

/** False when another node may know the association that a datagram belongs to. */
function isPlaced(outcome: DatagramOutcome): boolean {
  return (
    outcome !== "unknown-peer" &&
    outcome !== "unknown-connection-id" &&
    outcome !== "sealed-for-ever"
  );
}
