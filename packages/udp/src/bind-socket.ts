import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIP } from "node:net";
import { formatSocketAddress } from "./address-text.ts";
import type { SocketOptions } from "./datagram-socket.ts";
import { openError, UdpError } from "./errors.ts";

const defaultReceiveBufferBytes = 8 * 1024 * 1024;
const defaultSendBufferBytes = 4 * 1024 * 1024;
const maxBufferBytes = 2 ** 30;
let processIsWarned = false;

/** Opens a node:dgram socket by `options`. @throws UdpError */
export async function bindSocket(options: SocketOptions): Promise<Socket> {
  checkOptions(options);
  const { address, port } = options;
  const isIpv6 = isIP(address) === 6;
  const receiveBufferBytes = options.receiveBufferBytes ?? defaultReceiveBufferBytes;
  const where = formatSocketAddress(address, port);
  const socket = createSocket({
    type: isIpv6 ? "udp6" : "udp4",
    ipv6Only: isIpv6 && (options.ipv6Only ?? false),
    reusePort: options.reusePort ?? false,
    // Peers are addresses, never names: without this every datagram passes through the resolver.
    lookup: (hostname, _options, callback) => callback(null, hostname, isIpv6 ? 6 : 4),
  });
  try {
    const listening = once(socket, "listening");
    socket.bind({ address, port, exclusive: true });
    await listening;
    socket.setRecvBufferSize(receiveBufferBytes);
    socket.setSendBufferSize(options.sendBufferBytes ?? defaultSendBufferBytes);
  } catch (error) {
    socket.close();
    throw openError(where, error);
  }
  warnAboutSmallBuffer(
    options,
    where,
    receiveBufferBytes,
    grantedBytes(socket.getRecvBufferSize()),
  );
  return socket;
}

/** Linux doubles what was asked for, to make room for its bookkeeping, and reports the double. */
export function grantedBytes(reported: number): number {
  return process.platform === "linux" ? reported / 2 : reported;
}

function checkOptions(options: SocketOptions): void {
  const { address, port } = options;
  if (isIP(address) === 0) {
    throw new UdpError("UDP_ADDRESS_INVALID", `"${address}" is not an IPv4 or IPv6 address`);
  }
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new UdpError("UDP_OPTION_INVALID", `UDP port ${port}: expected 0 to 65535`);
  }
  for (const name of ["receiveBufferBytes", "sendBufferBytes"] as const) {
    const value = options[name];
    if (value === undefined) continue;
    if (!Number.isInteger(value) || value < 1 || value > maxBufferBytes) {
      throw new UdpError("UDP_OPTION_INVALID", `${name} ${value}: expected 1 to ${maxBufferBytes}`);
    }
  }
}

function warnAboutSmallBuffer(
  options: SocketOptions,
  where: string,
  wanted: number,
  granted: number,
): void {
  if (granted * 4 > wanted * 3) return;
  const message =
    `UDP ${where}: the kernel grants a receive buffer of ${granted} bytes instead of ${wanted}; ` +
    `raise it with sysctl -w net.core.rmem_max=${wanted}, or bursts of clients will be dropped`;
  const code = "UDP_RECEIVE_BUFFER_SMALL";
  if (options.warn !== undefined) options.warn({ code, message });
  else if (!processIsWarned) process.emitWarning(message, { code });
  processIsWarned = true;
}
