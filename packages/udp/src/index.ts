/**
 * DTLS 1.2 servers and clients for Node.js; UDP sockets and timers that drive sans-IO endpoints in batches; static and DNS
 * discovery.
 *
 * @packageDocumentation
 */
export type {
  DatagramReceiver,
  DatagramSocket,
  DatagramSocketStatistics,
  SocketAddress,
  SocketOptions,
  SocketWarning,
} from "./datagram-socket.ts";
export { type AddressResolver, DnsDiscovery, type DnsDiscoveryOptions } from "./dns-discovery.ts";
export { type ConnectOptions, connect } from "./dtls/connect.ts";
export { DtlsConnection, type DtlsConnectionEvents } from "./dtls/dtls-connection.ts";
export type { DtlsSocketOptions } from "./dtls/dtls-host.ts";
export {
  createServer,
  DtlsServer,
  type DtlsServerEvents,
  type DtlsServerOptions,
} from "./dtls/dtls-server.ts";
export { DtlsSocketError, type DtlsSocketErrorCode } from "./dtls/dtls-socket-error.ts";
export type { KeyInput, PskLookup, PskStore } from "./dtls/pre-shared-key.ts";
export { EndpointDriver, type EndpointDriverOptions, type TimedPart } from "./endpoint-driver.ts";
export { UdpError, type UdpErrorCode } from "./errors.ts";
export { nodeTimers, type Timers } from "./node-timers.ts";
export { openSocket } from "./open-socket.ts";
export { StaticDiscovery } from "./static-discovery.ts";
