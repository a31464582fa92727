import {
  decodePingFrame,
  encodePingFrame,
  FrameType,
  type SocketAddress,
} from "@dtls-cluster/wire";
import {
  Membership,
  type MembershipEvent,
  type MembershipOptions,
  type PingOutcome,
} from "../src/index.ts";

/** A generator that repeats itself. */
export function seeded(seed: number): { fill(target: Uint8Array): void } {
  let state = seed >>> 0 || 1;
  return {
    fill(target) {
      for (let index = 0; index < target.length; index++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        target[index] = state >>> 24;
      }
    },
  };
}

export interface Sent {
  readonly to: SocketAddress;
  readonly bytes: Uint8Array;
}

/** One membership with everything it put out. */
export class Node {
  readonly sent: Sent[] = [];
  readonly events: MembershipEvent[] = [];
  discoveries = 0;
  readonly membership: Membership;
  readonly address: SocketAddress;

  constructor(options: Partial<MembershipOptions> & { nodeId: number }, address?: SocketAddress) {
    this.address = address ?? { address: `10.0.0.${options.nodeId % 250}`, port: 5884 };
    this.membership = new Membership(
      { instance: 1000 + options.nodeId, initialNodes: 1, entropy: seeded(7), ...options },
      {
        send: (bytes, to) => this.sent.push({ to, bytes }),
        discover: () => {
          this.discoveries++;
        },
        event: (event) => this.events.push(event),
      },
    );
  }

  take(): Sent[] {
    return this.sent.splice(0);
  }

  hear(claim: Claim, from: SocketAddress, now: number): PingOutcome {
    return this.membership.receive(pingOf(claim), from.address, from.port, now);
  }
}

export interface Claim {
  readonly type?: 60 | 61;
  readonly id: number;
  readonly state?: number;
  readonly instance?: number;
  readonly generation?: number;
}

/** A ping with our tail when `instance` is given, else as Californium sends it. */
export function pingOf(claim: Claim): Uint8Array {
  const { id, instance } = claim;
  const tail =
    instance === undefined
      ? undefined
      : { senderId: id, instance, generation: claim.generation ?? 1, flags: 0 };
  return encodePingFrame({
    type: claim.type ?? FrameType.ping,
    nodeId: id,
    state: claim.state ?? 0,
    tail,
  });
}

/** Nodes that hear each other without loss, with discovery that names all addresses. */
export class Network {
  readonly nodes: Node[];
  readonly down = new Set<Node>();
  now = 0;

  constructor(nodes: Node[]) {
    this.nodes = nodes;
  }

  start(): void {
    for (const node of this.nodes) node.membership.start(this.now);
    this.settle();
  }

  /** Lets time pass in steps of 100 ms. */
  run(durationMs: number): void {
    const end = this.now + durationMs;
    while (this.now < end) {
      this.now += 100;
      for (const node of this.nodes) {
        if (!this.down.has(node)) node.membership.handleTimeout(this.now);
      }
      this.settle();
    }
  }

  settle(): void {
    for (let round = 0; round < 100; round++) {
      let isQuiet = true;
      for (const node of this.nodes) {
        if (node.discoveries > 0) {
          node.discoveries = 0;
          node.membership.discovered(
            this.nodes.map((other) => other.address),
            this.now,
          );
        }
        for (const { to, bytes } of node.take()) {
          isQuiet = false;
          const target = this.nodes.find(
            (other) => other.address.address === to.address && other.address.port === to.port,
          );
          if (target === undefined || this.down.has(target) || this.down.has(node)) continue;
          const { address, port } = node.address;
          target.membership.receive(bytes, address, port, this.now);
        }
      }
      if (isQuiet) return;
    }
    throw new Error("the nodes do not come to rest");
  }
}

export function readPing(sent: Sent | undefined) {
  const frame = decodePingFrame(sent?.bytes ?? new Uint8Array());
  if (typeof frame === "string") throw new Error(frame);
  return frame;
}
