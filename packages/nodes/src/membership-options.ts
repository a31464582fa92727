import type { SocketAddress } from "@dtls-cluster/wire";
import type { ClusterNode, NodeConflict } from "./cluster-node.ts";

/** Durations in milliseconds. */
export interface MembershipTimers {
  /** How often the table is looked through. Default 2000. */
  readonly timerMs: number;
  /** Age of the last sign of life at which a node is pinged. Default 4000. */
  readonly refreshMs: number;
  /** How long after that the ping may stay without an answer. Default 6000. */
  readonly expirationMs: number;
  /** How often other nodes are searched for. Default 10 000. */
  readonly discoverMs: number;
}

export interface MembershipOptions {
  /** Own node id, 0 to 4294967295; above 255 no Connection ID can name it. */
  readonly nodeId: number;
  /** Random number of this process, 32 bits. */
  readonly instance: number;
  /** Nodes that the cluster starts with, this one included, at least 1. With 1 it is ready at once. */
  readonly initialNodes: number;
  /** Own ownership generation at start, 0: not owner yet. Default 1. */
  readonly generation?: number;
  /** Own cluster addresses, where they are known: discovered ones among them are not pinged. */
  readonly ownAddresses?: readonly SocketAddress[];
  /** Randomness for the order of pings. */
  readonly entropy: { fill(target: Uint8Array): void };
  readonly timers?: Partial<MembershipTimers>;
  /** Bound of the table. Default 1024 processes. */
  readonly maxNodes?: number;
}

/** What membership tells its owner. */
export type MembershipEvent =
  | { readonly type: "ready" }
  | { readonly type: "node-added"; readonly node: ClusterNode }
  | { readonly type: "node-removed"; readonly node: ClusterNode }
  /** The owner of an id is another process, or has another address, than before. */
  | { readonly type: "owner-changed"; readonly id: number; readonly owner: ClusterNode | undefined }
  /** Two processes claim one id; said once for each claimant, again after it was gone. */
  | { readonly type: "conflict"; readonly conflict: NodeConflict }
  /** Another process claims the own node id with a higher generation: this one must no longer seal. */
  | { readonly type: "superseded"; readonly by: ClusterNode };

/** `new`: no node of the table is at the address, so that whoever is there shares nothing with this process yet. */
export type Contact = "known" | "new";

/** Receives everything that membership puts out, synchronously, from within its methods. */
export interface MembershipSink {
  /** A ping or pong for the cluster socket. */
  send(datagram: Uint8Array, to: SocketAddress, contact: Contact): void;
  /** Start a discovery round; answer with `Membership.discovered`. May be called while one runs. */
  discover(): void;
  event(event: MembershipEvent, now: number): void;
}

/** What became of a received datagram; each has exactly one outcome and its counter. */
export type PingOutcome =
  | "ping"
  | "pong"
  /** From this very process. */
  | "self"
  /** Claims the own node id without a generation that decides. Counted apart from ping and pong. */
  | "conflict"
  | "malformed"
  /** The table is full. */
  | "full";

/** Counters never decrease; received = the sum of the outcomes. */
export interface MembershipStats {
  readonly received: number;
  readonly outcomes: Readonly<Record<PingOutcome, number>>;
  readonly pingsSent: number;
  readonly pongsSent: number;
  readonly expired: number;
  readonly discoveries: number;
  /** Times that a claim came into conflict. */
  readonly conflicts: number;
}
