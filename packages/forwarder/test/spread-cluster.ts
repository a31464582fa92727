import { createNodeCrypto } from "@dtls-cluster/crypto-node";
import {
  type Connection,
  createEndpoint,
  type DatagramOutcome,
  type Endpoint,
  type Path,
  type SocketAddress,
} from "@dtls-cluster/dtls";
import { Membership } from "@dtls-cluster/nodes";
import { NonceAuditor, type Random, World } from "@dtls-cluster/testkit";
import { createCidLayout, isForwardOrBackward } from "@dtls-cluster/wire";
import { Forwarder } from "../src/index.ts";

const crypto = createNodeCrypto();
const cookieSecret = new Uint8Array(32).fill(0x3c);
/** Where clients believe the service to be. */
const service: SocketAddress = { address: "10.0.0.100", port: 5684 };
const psk = new TextEncoder().encode("a pre-shared key");

export interface SpreadOptions {
  readonly seed: number;
  /** Probability that a datagram between clients and service gets lost. */
  readonly loss: number;
  /** How long a node looks for a PSK, evenly distributed. */
  readonly pskDelayMs?: number;
  /** True: every record of a client's flights travels in a datagram of its own. */
  readonly splitsFlights?: boolean;
  readonly mtu?: number;
  /** Octets of the nodes' Connection IDs; default 6. */
  readonly cidLength?: number;
  /** Octets of the clients' own; default 0. */
  readonly clientCidLength?: number;
  readonly identityLength?: number;
  /** Passed to the forwarders. */
  readonly maxSpreadPerSecond?: number;
}

/** Three nodes behind a balancer that hands every single datagram to a node chosen at random. */
export class SpreadCluster {
  readonly world: World;
  readonly nodes: readonly SpreadNode[];
  readonly options: SpreadOptions;
  readonly clients: SpreadClient[] = [];
  /** Forward and backward frames on the cluster network. */
  frames = 0;
  readonly cidLength: number;
  readonly balancer: Random;

  constructor(options: SpreadOptions) {
    this.options = options;
    this.cidLength = options.cidLength ?? 6;
    this.world = new World({
      seed: options.seed,
      conditions: { delayMs: 5, jitterMs: 2 },
      auditor: new NonceAuditor({
        serverOf: ({ address }) => (address.startsWith("10.0.") ? "service" : undefined),
        cidLengthToServer: this.cidLength,
        cidLengthToClient: options.clientCidLength ?? 0,
      }),
    });
    this.balancer = this.world.random();
    this.nodes = [1, 2, 3].map((id) => new SpreadNode(this, id));
    for (const node of this.nodes) node.start(this.nodes);
    this.world.runUntil(() => this.nodes.every(({ membership }) => membership.isReady), 10_000);
    const radio = this.world.random();
    this.world.network.addFilter((_datagram, from, to) => {
      const isInside = from.address.startsWith("10.0.1.") && to.address.startsWith("10.0.1.");
      return !isInside && radio.chance(options.loss) ? "drop" : "pass";
    });
  }

  /** A client that begins its handshake now. */
  connect(): SpreadClient {
    const client = new SpreadClient(this, this.clients.length);
    this.clients.push(client);
    return client;
  }

  /** A client's datagram on its way through the balancer. */
  balance(datagram: Uint8Array, from: SocketAddress): void {
    const node = this.nodes[this.balancer.integer(this.nodes.length)];
    if (node !== undefined) this.world.network.send(datagram, from, node.publicAddress);
  }

  /** A node's datagram to a client: the balancer gives it the address of the service. */
  answer(datagram: Uint8Array, to: SocketAddress): void {
    this.world.network.send(datagram.slice(), service, to);
  }
}

class SpreadNode {
  readonly publicAddress: SocketAddress;
  readonly clusterAddress: SocketAddress;
  readonly membership: Membership;
  readonly forwarder: Forwarder;
  readonly endpoint: Endpoint;
  readonly #cluster: SpreadCluster;

  constructor(cluster: SpreadCluster, id: number) {
    const { world, options, cidLength } = cluster;
    this.#cluster = cluster;
    this.publicAddress = { address: `10.0.0.${id}`, port: 5684 };
    this.clusterAddress = { address: `10.0.1.${id}`, port: 5884 };
    const entropy = world.random();
    const socket = world.socket(this.clusterAddress.address, this.clusterAddress.port);
    this.membership = new Membership(
      { nodeId: id, instance: entropy.uint32(), initialNodes: 3, entropy },
      {
        send: (datagram, to) => socket.transmit(datagram, to),
        discover: () => undefined,
        event: () => undefined,
      },
    );
    const layout = createCidLayout({ nodeId: id, length: cidLength, entropy });
    this.forwarder = new Forwarder(
      {
        layout,
        table: this.membership.table,
        maxSpreadPerSecond: options.maxSpreadPerSecond ?? 200,
      },
      {
        deliver: (datagram, address, port, via, now) =>
          isPlaced(this.endpoint.receive(datagram, address, port, via, now)),
        sendCluster: (frame, to) => {
          cluster.frames += 1;
          socket.transmit(frame, to);
        },
        sendPublic: (record, address, port) => cluster.answer(record, { address, port }),
      },
    );
    this.endpoint = createEndpoint(
      {
        crypto,
        entropy,
        role: "server",
        cookieSecret,
        connectionId: { length: cidLength, fill: (target) => layout.fill(target) },
        ...(options.mtu === undefined ? {} : { mtu: options.mtu }),
      },
      {
        transmit: (datagram, path) => this.#transmit(datagram, path),
        data: (connection, payload, now) => void this.endpoint.send(connection, payload, now),
        event: (event) => {
          if (event.type !== "psk-needed") return;
          const delay = Math.floor(entropy.integer((options.pskDelayMs ?? 0) + 1));
          world.clock.after(delay, () => {
            this.endpoint.providePsk(event.connection, psk, world.now);
          });
        },
      },
    );
    socket.attach({
      receive: (datagram, address, port, _via, now) =>
        isForwardOrBackward(datagram)
          ? this.forwarder.receiveCluster(datagram, address, port, now)
          : this.membership.receive(datagram, address, port, now),
      handleTimeout: (now) => this.membership.handleTimeout(now),
      nextTimeout: () => this.membership.nextTimeout(),
    });
    world.socket(this.publicAddress.address, this.publicAddress.port).attach({
      receive: (datagram, address, port, _via, now) =>
        this.forwarder.receivePublic(datagram, address, port, now),
      handleTimeout: (now) => this.endpoint.handleTimeout(now),
      nextTimeout: () => this.endpoint.nextTimeout(),
    });
  }

  start(all: readonly SpreadNode[]): void {
    const { now } = this.#cluster.world;
    this.membership.start(now);
    const others = all.filter((node) => node !== this).map((node) => node.clusterAddress);
    this.membership.discovered(others, now);
  }

  #transmit(datagram: Uint8Array, path: Path): void {
    if (path.via === undefined) this.#cluster.answer(datagram, path);
    else this.forwarder.sendBackward(datagram, path, path.via);
  }
}

export class SpreadClient {
  readonly endpoint: Endpoint;
  readonly startedAt: number;
  connectedAt: number | undefined;
  readonly echoes: string[] = [];
  readonly #connection: Connection;
  readonly #cluster: SpreadCluster;

  constructor(cluster: SpreadCluster, number: number) {
    const { world, options } = cluster;
    this.#cluster = cluster;
    const socket = world.socket(`192.0.2.${1 + (number % 250)}`, 40_000 + number);
    const { address } = socket;
    this.endpoint = createEndpoint(
      {
        crypto,
        entropy: world.random(),
        role: "client",
        // Often and for long, so that chance alone cannot fail a handshake.
        maxRetransmissionTimeoutMs: 2000,
        maxRetransmissions: 30,
        connectionId: { length: options.clientCidLength ?? 0 },
        ...(options.mtu === undefined ? {} : { mtu: options.mtu }),
      },
      {
        transmit: (datagram) => {
          const pieces = options.splitsFlights ? records(datagram, cluster.cidLength) : [datagram];
          for (const piece of pieces) cluster.balance(piece, address);
        },
        data: (_connection, payload) => this.echoes.push(new TextDecoder().decode(payload)),
        event: (event, now) => {
          if (event.type === "connected") this.connectedAt = now;
        },
      },
    );
    socket.attach({
      receive: (datagram, from, port, via, now) =>
        this.endpoint.receive(datagram, from, port, via, now),
      handleTimeout: (now) => this.endpoint.handleTimeout(now),
      nextTimeout: () => this.endpoint.nextTimeout(),
    });
    this.startedAt = world.now;
    const pskIdentity = new Uint8Array(options.identityLength ?? 8).fill(0x61);
    const path = { ...service, via: undefined };
    this.#connection = this.endpoint.connect(path, { pskIdentity, psk }, world.now);
  }

  send(text: string): void {
    this.endpoint.send(this.#connection, new TextEncoder().encode(text), this.#cluster.world.now);
  }
}

/** What a forwarder's `deliver` answers. */
function isPlaced(outcome: DatagramOutcome): boolean {
  return (
    outcome !== "unknown-peer" &&
    outcome !== "unknown-connection-id" &&
    outcome !== "sealed-for-ever"
  );
}

/** The records of a datagram, each for itself. */
function records(datagram: Uint8Array, connectionIdLength: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < datagram.length; ) {
    const lengthAt = at + 11 + (datagram[at] === 25 ? connectionIdLength : 0);
    const end = lengthAt + 2 + (((datagram[lengthAt] ?? 0) << 8) | (datagram[lengthAt + 1] ?? 0));
    found.push(datagram.slice(at, end));
    at = end;
  }
  return found;
}
