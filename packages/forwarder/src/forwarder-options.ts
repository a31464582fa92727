import type { NodesTable } from "@dtls-cluster/nodes";
import type { CidLayout, SocketAddress } from "@dtls-cluster/wire";
import type { FrameProtection } from "./protection.ts";

export interface ForwarderOptions {
  readonly layout: CidLayout;
  readonly table: NodesTable;
  /** The `dtls-mac` level; undefined: frames carry no MAC. */
  readonly protection?: FrameProtection;
  /** Answers to forwarded datagrams go back through the router. Default true. */
  readonly backward?: boolean;
  /** Client addresses whose node is remembered for datagrams without Connection ID. Default 4096. */
  readonly maxHints?: number;
  /** How long, in milliseconds. Default 60 000. */
  readonly hintLifetimeMs?: number;
  /**
   * Datagrams a second that may be sent to all nodes because they belong to a handshake that this node
   * does not know; 0 for never. Default 200.
   */
  readonly maxSpreadPerSecond?: number;
}

/** Takes what the forwarder puts out, synchronously, from within its methods. None may throw. */
export interface ForwarderSink {
  /**
   * A datagram for the local DTLS endpoint.
   * @param via the cluster address to answer through; undefined: the client is at the own socket.
   * @returns false when the endpoint has nothing that the datagram could belong to: its outcome was
   * "unknown-peer", "unknown-connection-id" or "sealed-for-ever". Nothing else counts as that, above all
   * not a record that failed its verification.
   */
  deliver(
    datagram: Uint8Array,
    address: string,
    port: number,
    via: SocketAddress | undefined,
    now: number,
  ): boolean;
  /** A frame for the cluster socket. */
  sendCluster(frame: Uint8Array, to: SocketAddress): void;
  /** A record for a client, for the public socket. `record` is valid only during the call. */
  sendPublic(record: Uint8Array, address: string, port: number): void;
}
