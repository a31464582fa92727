/** A UDP address: a textual IPv4 or IPv6 address as sockets report it, and a port, 1 to 65535. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}
