import type { SocketAddress } from "./datagram-socket.ts";
import { kernelSockets, ownDescriptors } from "./kernel-sockets.ts";

/** Inodes that a socket of this process has been matched with, so that the next one is another. */
const claimedInodes = new Set<string>();
const refreshIntervalMs = 2000;

/**
 * Counts what the kernel drops for one socket. The kernel's table lists all sockets of the host's network
 * namespace, so it is read at most every two seconds.
 */
export class KernelDrops {
  readonly #local: SocketAddress;
  readonly #inode: string | undefined;
  #lastReadAt = Number.NEGATIVE_INFINITY;
  #lastValue = 0;
  #total = 0;

  /** Call it right after binding, one socket at a time. */
  constructor(local: SocketAddress) {
    this.#local = local;
    const candidates = kernelSockets(local) ?? [];
    const own = ownDescriptors(candidates);
    const mine = candidates.find(({ inode }) => own.has(inode) && !claimedInodes.has(inode));
    this.#inode = mine?.inode;
    if (mine === undefined) return;
    claimedInodes.add(mine.inode);
    this.#lastValue = mine.drops;
    this.#total = mine.drops;
    this.descriptor = own.get(mine.inode);
  }

  /** The socket's file descriptor, where the system tells. */
  readonly descriptor: number | undefined;

  /** Total so far, undefined where the kernel does not tell. */
  read(now: number): number | undefined {
    if (this.#inode === undefined) return undefined;
    if (now - this.#lastReadAt >= refreshIntervalMs) {
      this.#lastReadAt = now;
      this.#refresh();
    }
    return this.#total;
  }

  /** Reads for the last time: the inode may belong to another socket from now on. */
  release(): void {
    if (this.#inode === undefined) return;
    this.#refresh();
    this.#lastReadAt = Number.POSITIVE_INFINITY;
    claimedInodes.delete(this.#inode);
  }

  #refresh(): void {
    const socket = kernelSockets(this.#local)?.find(({ inode }) => inode === this.#inode);
    if (socket === undefined) return;
    this.#total += (socket.drops - this.#lastValue) >>> 0;
    this.#lastValue = socket.drops;
  }
}
