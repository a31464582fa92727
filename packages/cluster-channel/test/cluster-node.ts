import { createHmacKey, createNodeCrypto } from "@dtls-cluster/crypto-node";
import { Forwarder, type ForwarderSink } from "@dtls-cluster/forwarder";
import { Membership, type MembershipOptions } from "@dtls-cluster/nodes";
import type { VirtualSocket, World } from "@dtls-cluster/testkit";
import {
  createCidLayout,
  FrameType,
  isForwardOrBackward,
  isPingOrPong,
  type SocketAddress,
} from "@dtls-cluster/wire";
import {
  type ChannelTrouble,
  SecureChannel,
  type SecureChannelOptions,
  type SecureLevel,
} from "../src/index.ts";

export const crypto = createNodeCrypto();
export const identity = utf8("dtls-mgmt");
export const secret = utf8("topSecret!");
export const clusterPort = 5884;

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export interface ClusterNodeOptions {
  readonly level?: SecureLevel | "udp";
  readonly address?: string;
  readonly identity?: Uint8Array;
  readonly secret?: Uint8Array;
  readonly generation?: number;
  readonly initialNodes?: number;
  /** A node of another project: no old keys are expected of it. */
  readonly isForeign?: boolean;
  readonly channel?: Partial<SecureChannelOptions>;
}

let instances = 0;

/** A node's cluster side, as a server composes it: membership, secure channel and forwarder on one socket. */
export class ClusterNode {
  readonly id: number;
  readonly world: World;
  readonly socket: VirtualSocket;
  readonly membership: Membership;
  readonly forwarder: Forwarder;
  readonly troubles: { trouble: ChannelTrouble; peer: string }[] = [];
  /** Client records that came to this node. */
  readonly delivered: string[] = [];
  /** Records for clients that this node was asked to send. */
  readonly published: string[] = [];
  onDeliver: ForwarderSink["deliver"] | undefined;
  onPublish: ((record: Uint8Array) => void) | undefined;
  /** The latest ping that the membership sent. */
  ping: Uint8Array = new Uint8Array();
  readonly #options: ClusterNodeOptions;
  #channel: SecureChannel | undefined;

  constructor(
    world: World,
    id: number,
    group: readonly SocketAddress[],
    options: ClusterNodeOptions = {},
  ) {
    this.id = id;
    this.world = world;
    this.#options = options;
    this.socket = world.socket(options.address ?? `10.0.0.${id}`, clusterPort);
    this.membership = new Membership(membershipOptions(world, id, group, options), {
      send: (datagram, to, contact) => {
        if (datagram[0] === FrameType.ping) this.ping = datagram;
        if (this.#channel === undefined) this.socket.transmit(datagram, to);
        else this.#channel.send(datagram, to, contact, world.now);
      },
      discover: () => {
        const { address } = this.socket.address;
        const others = group.filter((entry) => entry.address !== address);
        world.clock.after(1, () => this.membership.discovered(others, world.now));
      },
      event: () => undefined,
    });
    this.#channel = this.#createChannel();
    this.forwarder = new Forwarder(
      {
        layout: this.#layout(),
        table: this.membership.table,
        // Asked through this object, so that a test may take the keys away.
        ...(options.level === "dtls-mac" || options.level === undefined
          ? { protection: this.#protection() }
          : {}),
      },
      {
        deliver: (datagram, address, port, via, now) => {
          this.onDeliver?.(datagram.slice(), address, port, via, now);
          this.delivered.push(`${Buffer.from(datagram).toString("hex")} ${address}:${port}`);
          return true;
        },
        sendCluster: (frame, to) => this.socket.transmit(frame, to),
        sendPublic: (record, address, port) => {
          this.onPublish?.(record.slice());
          this.published.push(`${Buffer.from(record).toString("hex")} ${address}:${port}`);
        },
      },
    );
    this.socket.attach({
      receive: (datagram, address, port, _via, now) => this.receive(datagram, address, port, now),
      handleTimeout: (now) => {
        this.membership.handleTimeout(now);
        this.#channel?.handleTimeout(now);
      },
      nextTimeout: () => {
        const next = Math.min(
          this.membership.nextTimeout() ?? Number.POSITIVE_INFINITY,
          this.#channel?.nextTimeout() ?? Number.POSITIVE_INFINITY,
        );
        return next === Number.POSITIVE_INFINITY ? undefined : next;
      },
    });
  }

  get channel(): SecureChannel {
    if (this.#channel === undefined) throw new Error("the node is at level udp");
    return this.#channel;
  }

  get address(): SocketAddress {
    return this.socket.address;
  }

  start(): void {
    this.membership.start(this.world.now);
  }

  /** Begins a handshake with a node that it knows already. */
  contactAnew(other: ClusterNode): void {
    this.channel.send(this.ping, other.address, "new", this.world.now);
  }

  /** All associations are gone at once; nobody is told. */
  loseKeys(): void {
    this.#channel = this.#createChannel();
  }

  receive(datagram: Uint8Array, address: string, port: number, now: number): void {
    if (isForwardOrBackward(datagram)) this.forwarder.receiveCluster(datagram, address, port, now);
    else if (this.#channel !== undefined) this.#channel.receive(datagram, address, port, now);
    else if (isPingOrPong(datagram)) this.membership.receive(datagram, address, port, now);
  }

  /** A client's record for node `owner` arrives here. */
  record(owner: number, sequence: number): Uint8Array {
    const bytes = new Uint8Array(13 + 6 + 40).fill(sequence & 255);
    bytes.set([25, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, sequence >> 8, sequence & 255, owner]);
    bytes.set([0, 40], 17);
    this.forwarder.receivePublic(bytes, "198.51.100.7", 40_000, this.world.now);
    return bytes;
  }

  knows(other: ClusterNode): boolean {
    return this.membership.table.isKnown(other.address.address, other.address.port);
  }

  #createChannel(): SecureChannel | undefined {
    const { level = "dtls-mac" } = this.#options;
    if (level === "udp") return undefined;
    const { table } = this.membership;
    return new SecureChannel(
      {
        level,
        crypto,
        entropy: this.world.random(),
        identity: this.#options.identity ?? identity,
        secret: this.#options.secret ?? secret,
        layout: this.#layout(),
        frameHmac: createHmacKey,
        isMember: (address, port) => table.isKnown(address, port),
        isOurs: (address, port) => table.at(address, port)?.instance !== undefined,
        ...this.#options.channel,
      },
      {
        transmit: this.socket.transmit,
        message: (message, address, port, now) => {
          this.membership.receive(message, address, port, now);
        },
        trouble: (trouble, { address, port }) => {
          this.troubles.push({ trouble, peer: `${address}:${port}` });
        },
      },
    );
  }

  #protection() {
    const protection = () => {
      const found = this.channel.protection;
      if (found === undefined) throw new Error("the level has no MACs");
      return found;
    };
    return {
      seal: (...given: Parameters<NonNullable<SecureChannel["protection"]>["seal"]>) =>
        protection().seal(...given),
      verify: (...given: Parameters<NonNullable<SecureChannel["protection"]>["verify"]>) =>
        protection().verify(...given),
    };
  }

  #layout() {
    return createCidLayout({ nodeId: this.id, length: 6, entropy: this.world.random() });
  }
}

function membershipOptions(
  world: World,
  nodeId: number,
  group: readonly SocketAddress[],
  options: ClusterNodeOptions,
): MembershipOptions {
  instances += 1;
  return {
    nodeId,
    instance: instances,
    initialNodes: options.initialNodes ?? group.length,
    generation: options.generation ?? 1,
    entropy: world.random(),
  };
}

/** Nodes 1 to `count`, not started. */
export function createNodes(
  world: World,
  count: number,
  options: (id: number) => ClusterNodeOptions = () => ({}),
): ClusterNode[] {
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const group = ids.map((id) => ({
    address: options(id).address ?? `10.0.0.${id}`,
    port: clusterPort,
  }));
  return ids.map((id) => new ClusterNode(world, id, group, options(id)));
}

/** Every node knows every other one and the cluster serves. */
export function isComplete(nodes: readonly ClusterNode[]): boolean {
  return nodes.every(
    (node) =>
      node.membership.isReady && nodes.every((other) => other === node || node.knows(other)),
  );
}
