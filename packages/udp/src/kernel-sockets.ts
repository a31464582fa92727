import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { SocketAddress } from "./datagram-socket.ts";

/** One UDP socket in the kernel's table. */
export interface KernelSocket {
  readonly inode: string;
  /** Datagrams dropped on arrival, as an unsigned 32-bit counter that wraps. */
  readonly drops: number;
}

/**
 * The kernel's UDP sockets that are bound to `local`, from /proc/net. Undefined where there is no such
 * table. Several sockets may share an address by SO_REUSEPORT.
 */
export function kernelSockets(local: SocketAddress): readonly KernelSocket[] | undefined {
  const isIpv6 = local.address.includes(":");
  let table: string;
  try {
    table = readFileSync(isIpv6 ? "/proc/net/udp6" : "/proc/net/udp", "latin1");
  } catch {
    return undefined;
  }
  const port = local.port.toString(16).toUpperCase().padStart(4, "0");
  const sockets: KernelSocket[] = [];
  for (const line of table.split("\n")) {
    const fields = line.trim().split(/\s+/);
    const drops = Number(fields[12]);
    const inode = fields[9];
    if (!(fields[1] ?? "").endsWith(`:${port}`) || inode === undefined) continue;
    if (Number.isSafeInteger(drops)) sockets.push({ inode, drops: drops >>> 0 });
  }
  return sockets;
}

/** The descriptors of this process that are one of `sockets`, by inode. Linux only, else empty. */
export function ownDescriptors(sockets: readonly KernelSocket[]): ReadonlyMap<string, number> {
  const wanted = new Set(sockets.map((socket) => `socket:[${socket.inode}]`));
  const descriptors = new Map<string, number>();
  let names: readonly string[];
  try {
    names = readdirSync("/proc/self/fd");
  } catch {
    return descriptors;
  }
  for (const name of names) {
    let target: string;
    try {
      target = readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      continue; // Closed since the directory was read.
    }
    if (wanted.has(target)) descriptors.set(target.slice("socket:[".length, -1), Number(name));
  }
  return descriptors;
}
