/** A UDP address: a textual IPv4 or IPv6 address as sockets report it, and a port, 1 to 65535. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/**
 * How datagrams reach a peer: its address, and the cluster node ("router") through which its
 * datagrams came in when they did not arrive at this node's own socket.
 */
export interface Path extends SocketAddress {
  readonly via: SocketAddress | undefined;
}
