import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import {
  type DatagramReceiver,
  type DatagramSocket,
  openSocket,
  UdpError,
} from "@dtls-cluster/udp";
import { ConfigError } from "../config/config-error.ts";
import type { HostPort } from "../config/option-values.ts";
import type { Logger } from "../log.ts";

export interface SocketSettings {
  readonly receiveBufferBytes: number;
  readonly batch: "auto" | "on" | "off";
}

/** Opens a socket that an option names. @throws ConfigError when the address cannot be had. */
export async function openNamedSocket(
  option: string,
  { host, port }: HostPort,
  settings: SocketSettings,
  receiver: DatagramReceiver,
  log: Logger,
): Promise<DatagramSocket> {
  const address = await resolveHost(option, host);
  try {
    return await openSocket(
      {
        address,
        port,
        ...settings,
        warn: ({ code, message }) => log.warn({ event: code }, message),
      },
      receiver,
    );
  } catch (error) {
    if (error instanceof UdpError) throw new ConfigError(`${option}: ${error.message}`);
    throw error;
  }
}

/** An IP address for a host name; IP addresses are returned as they are. */
export async function resolveHost(option: string, host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host)).address;
  } catch {
    throw new ConfigError(`${option}: the name "${host}" does not resolve to an address`);
  }
}

/** Sends bytes that the caller uses again after the call. */
export function sendBorrowed(
  socket: DatagramSocket,
  datagram: Uint8Array,
  port: number,
  address: string,
): void {
  socket.send(socket.copiesOnSend ? datagram : new Uint8Array(datagram), port, address);
}
