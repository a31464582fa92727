import { SecureChannel } from "@dtls-cluster/cluster-channel";
import { createHmacKey } from "@dtls-cluster/crypto-node";
import type { CryptoProvider } from "@dtls-cluster/dtls";
import { Forwarder, type ForwarderSink } from "@dtls-cluster/forwarder";
import {
  type ClusterNode,
  type Contact,
  type Discovery,
  Membership,
  type MembershipEvent,
  type MembershipOptions,
} from "@dtls-cluster/nodes";
import {
  type CidLayout,
  isForwardOrBackward,
  isPingOrPong,
  type SocketAddress,
} from "@dtls-cluster/wire";
import type { ClusterSecurity } from "../config/cluster-security.ts";
import type { Logger } from "../log.ts";
import { type ClusterLevel, ClusterTroubles } from "./cluster-troubles.ts";
import { LineBudget } from "./line-budget.ts";
import type { TakeDatagram } from "./node-sockets.ts";

export interface ClusterChannelOptions {
  readonly membership: Omit<MembershipOptions, "ownAddresses">;
  readonly layout: CidLayout;
  readonly backward: boolean;
  readonly security: ClusterSecurity | undefined;
  readonly crypto: CryptoProvider;
  readonly discovery: Discovery;
  /** Takes a datagram for the local endpoint; false when it belongs to nothing there. */
  readonly deliver: ForwarderSink["deliver"];
  /** May let frames wait. */
  readonly guard: (receive: TakeDatagram) => TakeDatagram;
  readonly sendCluster: (frame: Uint8Array, to: SocketAddress) => void;
  readonly sendPublic: ForwarderSink["sendPublic"];
  /** Another process with the own node id gave a sign of life. */
  readonly onDouble: (node: ClusterNode) => void;
  /** The cluster is complete for the first time. */
  readonly onReady: () => void;
  readonly clock: () => number;
  readonly log: Logger;
}

/** Pings, pongs, forwarded and backwarded records: everything on the cluster socket. */
export class ClusterChannel {
  readonly membership: Membership;
  readonly forwarder: Forwarder;
  /** Undefined at the level udp. */
  readonly secure: SecureChannel | undefined;
  readonly level: ClusterLevel;
  readonly troubles: ClusterTroubles;
  readonly #options: ClusterChannelOptions;
  readonly #receiveFrame: TakeDatagram;
  #discovering = false;
  #discoveryFailures = 0;
  #unexpected = 0;
  /** Anybody who reaches an unprotected cluster port can make nodes come and go. */
  readonly #lines = new LineBudget(50);

  constructor(options: ClusterChannelOptions) {
    this.#options = options;
    this.level = options.security?.level ?? "udp";
    this.troubles = new ClusterTroubles(this.level, options.log);
    this.membership = new Membership(options.membership, {
      send: (datagram, to, contact) => this.#sendPing(datagram, to, contact),
      discover: () => void this.#discover(),
      event: (event, now) => this.#event(event, now),
    });
    this.secure = options.security && this.#createSecure(options.security);
    const protection = this.secure?.protection;
    this.forwarder = new Forwarder(
      {
        layout: options.layout,
        table: this.membership.table,
        backward: options.backward,
        ...(protection === undefined ? {} : { protection }),
      },
      {
        deliver: options.deliver,
        sendCluster: options.sendCluster,
        sendPublic: options.sendPublic,
      },
    );
    this.#receiveFrame = options.guard((datagram, address, port, now) => {
      const outcome = this.forwarder.receiveCluster(datagram, address, port, now);
      if (outcome === "dropMalformedFrame") {
        this.troubles.note("unreadable-frame", { address, port }, now);
      }
    });
  }

  /** Datagrams of the cluster socket that are neither pings nor frames, nor DTLS where it is spoken. */
  get unexpected(): number {
    return this.#unexpected;
  }

  get discoveryFailures(): number {
    return this.#discoveryFailures;
  }

  /** Takes one datagram of the cluster socket. */
  receive(datagram: Uint8Array, address: string, port: number, now: number): void {
    if (isForwardOrBackward(datagram)) this.#receiveFrame(datagram, address, port, now);
    else if (this.secure !== undefined) this.secure.receive(datagram, address, port, now);
    else if (isPingOrPong(datagram)) this.#receivePing(datagram, address, port, now);
    else {
      this.#unexpected += 1;
      if (isDtlsRecord(datagram)) this.troubles.note("dtls-record", { address, port }, now);
    }
  }

  stop(): void {
    this.membership.stop();
    this.#options.discovery.close();
  }

  #createSecure(security: ClusterSecurity): SecureChannel {
    const { layout, crypto, membership, sendCluster } = this.#options;
    const { table } = this.membership;
    return new SecureChannel(
      {
        ...security,
        crypto,
        entropy: membership.entropy,
        layout,
        frameHmac: createHmacKey,
        isMember: (address, port) => table.isKnown(address, port),
        isOurs: (address, port) => table.at(address, port)?.instance !== undefined,
      },
      {
        transmit: sendCluster,
        message: (message, address, port, now) => this.#receivePing(message, address, port, now),
        trouble: (trouble, peer, now) => this.troubles.note(trouble, peer, now),
      },
    );
  }

  #sendPing(datagram: Uint8Array, to: SocketAddress, contact: Contact): void {
    if (this.secure === undefined) this.#options.sendCluster(datagram, to);
    else this.secure.send(datagram, to, contact, this.#options.clock());
  }

  #receivePing(datagram: Uint8Array, address: string, port: number, now: number): void {
    const outcome = this.membership.receive(datagram, address, port, now);
    if (outcome !== "ping" && outcome !== "pong" && outcome !== "conflict") return;
    const node = this.membership.table.at(address, port);
    if (node?.id === this.membership.nodeId) this.#options.onDouble(node);
  }

  /** Looks for nodes now. */
  discover(): void {
    void this.#discover();
  }

  async #discover(): Promise<void> {
    if (this.#discovering) return;
    this.#discovering = true;
    try {
      const addresses = await this.#options.discovery.discover();
      this.membership.discovered(addresses, this.#options.clock());
    } catch (error) {
      this.#discoveryFailures += 1;
      this.#options.log.warn(
        { event: "discovery-failed", reason: error instanceof Error ? error.message : "unknown" },
        "nodes could not be discovered; the cluster goes on with those it knows",
      );
    } finally {
      this.#discovering = false;
    }
  }

  #event(event: MembershipEvent, now: number): void {
    if (event.type === "ready") {
      this.#options.onReady();
      return;
    }
    if (!this.#lines.take(now)) return;
    const leftOut = this.#lines.takeLeftOut();
    if (leftOut > 0) {
      this.#options.log.warn(
        { event: "lines-left-out", lines: leftOut },
        `${leftOut} lines on nodes that come and go were left out: who reaches the cluster port?`,
      );
    }
    this.#say(event);
  }

  #say(event: Exclude<MembershipEvent, { readonly type: "ready" }>): void {
    const { log } = this.#options;
    switch (event.type) {
      case "node-added":
      case "node-removed":
        log.info(
          { event: event.type, id: event.node.id, at: `${event.node.address}:${event.node.port}` },
          `node ${event.node.id} ${event.type === "node-added" ? "joined" : "is gone"}`,
        );
        break;
      case "conflict":
        log.error(
          {
            event: "node-id-conflict",
            id: event.conflict.id,
            at: `${event.conflict.address}:${event.conflict.port}`,
          },
          `two processes claim node id ${event.conflict.id}: give each node its own --node-id`,
        );
        break;
      case "superseded":
        log.debug(
          { event: "superseded", by: `${event.by.address}:${event.by.port}` },
          "another process owns this node id with a higher generation",
        );
        break;
      case "owner-changed":
        log.debug({ event: "owner-changed", id: event.id }, "the owner of a node id changed");
        break;
    }
  }
}

/** Content types of DTLS 1.2, Connection ID records included. */
function isDtlsRecord(datagram: Uint8Array): boolean {
  const type = datagram[0] ?? 0;
  return type >= 20 && type <= 25;
}
