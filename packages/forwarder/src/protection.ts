import type { SocketAddress } from "@dtls-cluster/wire";

/**
 * The MAC of forward and backward frames, by peer. Without one the channel is plain: whoever can reach
 * the cluster port can speak as any node.
 */
export interface FrameProtection {
  /**
   * Writes 8 octets at `macOffset` of a frame to `peer`.
   * @returns false when there are no keys for the peer: the frame is not sent.
   */
  seal(frame: Uint8Array, macOffset: number, peer: SocketAddress): boolean;
  /** Verifies a frame that came from a cluster address; in constant time, never throws. */
  verify(
    frame: Uint8Array,
    macOffset: number,
    address: string,
    port: number,
  ): "authentic" | "forged" | "no-keys";
}
