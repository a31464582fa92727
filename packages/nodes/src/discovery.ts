import type { SocketAddress } from "@dtls-cluster/wire";

/**
 * Where the addresses of other nodes come from: a list, a DNS name, a Kubernetes API. Implementations
 * do the I/O; membership asks for a round by `discover` of its sink and takes the result.
 */
export interface Discovery {
  /**
   * Cluster addresses of all nodes known to the source; own addresses may be among them.
   * Rejects when the source cannot be asked; the next round comes with membership's timer.
   */
  discover(): Promise<readonly SocketAddress[]>;
  /** Gives up what the source holds. A round in progress may still end either way. */
  close(): void;
}
