import type { SocketAddress } from "@dtls-cluster/wire";

/** A process that claims a node id, as known from its pings and pongs. Its object lives as long as its claim. */
export interface ClusterNode extends SocketAddress {
  /** Claimed node id, 0 to 4294967295. */
  readonly id: number;
  /** Ownership generation, 0: not owner yet. Nodes without our tail count as 1. */
  readonly generation: number;
  /** Last announced state; undefined of a node that sends five-byte pings. */
  readonly state: number | undefined;
  /** Random number of the process; undefined for a node that does not send our tail. */
  readonly instance: number | undefined;
  /** Monotonic milliseconds. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** Two live processes that claim one node id with equal right. */
export interface NodeConflict {
  readonly id: number;
  /** Who claims it without owning it. */
  readonly address: string;
  readonly port: number;
  readonly generation: number;
  /** Monotonic milliseconds of its last ping or pong. */
  readonly lastSeen: number;
}
