import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
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
  try {
    return socketsAt(readFileSync(tableOf(local), "latin1"), local.port);
  } catch {
    return undefined;
  }
}

const runningReads = new Map<string, Promise<string>>();

/**
 * As {@link kernelSockets}, without holding the process up: with thousands of sockets on the host the
 * kernel takes tens of milliseconds for its table. Sockets that ask at one time share one reading.
 */
export async function readKernelSockets(
  local: SocketAddress,
): Promise<readonly KernelSocket[] | undefined> {
  const file = tableOf(local);
  let reading = runningReads.get(file);
  if (reading === undefined) {
    reading = readFile(file, "latin1").finally(() => runningReads.delete(file));
    runningReads.set(file, reading);
  }
  try {
    return socketsAt(await reading, local.port);
  } catch {
    return undefined;
  }
}

function tableOf(local: SocketAddress): string {
  return local.address.includes(":") ? "/proc/net/udp6" : "/proc/net/udp";
}

/** Picks the few lines with this port before it takes them apart. */
function socketsAt(table: string, port: number): readonly KernelSocket[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  const sockets: KernelSocket[] = [];
  for (let at = table.indexOf(wanted); at >= 0; at = table.indexOf(wanted, at + 1)) {
    const end = table.indexOf("\n", at);
    const line = table.slice(table.lastIndexOf("\n", at) + 1, end < 0 ? undefined : end);
    const fields = line.trim().split(/\s+/);
    const drops = Number(fields[12]);
    const inode = fields[9];
    if (!`${fields[1]} `.endsWith(wanted) || inode === undefined) continue;
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
