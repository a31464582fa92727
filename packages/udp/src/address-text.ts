import { isIPv6 } from "node:net";

const mappedPrefix = "::ffff:";

/** `10.0.0.1` for `::ffff:10.0.0.1`, as dual-stack sockets report IPv4 peers; else the same. */
export function unmapAddress(address: string): string {
  return address.startsWith(mappedPrefix) && address.includes(".")
    ? address.slice(mappedPrefix.length)
    : address;
}

/** The form in which an IPv6 socket sends to `address`. */
export function mapAddress(address: string): string {
  return address.includes(":") ? address : mappedPrefix + address;
}

/** `10.0.0.1:5684`, `[::1]:5684`. */
export function formatSocketAddress(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
