/**
 * UDP sockets and timers that drive sans-IO endpoints in batches; static and DNS discovery.
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
export { EndpointDriver, type EndpointDriverOptions, type TimedPart } from "./endpoint-driver.ts";
export { UdpError, type UdpErrorCode } from "./errors.ts";
export { nodeTimers, type Timers } from "./node-timers.ts";
export { openSocket } from "./open-socket.ts";
export { StaticDiscovery } from "./static-discovery.ts";
