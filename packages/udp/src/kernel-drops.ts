import type { SocketAddress } from "./datagram-socket.ts";
import {
  type KernelSocket,
  kernelSockets,
  ownDescriptors,
  readKernelSockets,
} from "./kernel-sockets.ts";

/** Inodes that a socket of this process has been matched with, so that the next one is another. */
const claimedInodes = new Set<string>();
const refreshIntervalMs = 2000;

/**
 * Counts what the kernel drops for one socket. The kernel's table lists all sockets of the host's network
 * namespace, so it is read at most every two seconds, and never while a caller waits.
 */
export class KernelDrops {
  readonly #local: SocketAddress;
  readonly #inode: string | undefined;
  #lastReadAt = Number.NEGATIVE_INFINITY;
  #lastValue = 0;
  #total = 0;
  #isReleased = false;

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

  /** Total when it was read last, which this may start anew; undefined where the kernel does not tell. */
  read(now: number): number | undefined {
    if (this.#inode === undefined) return undefined;
    if (now - this.#lastReadAt >= refreshIntervalMs) {
      this.#lastReadAt = now;
      void readKernelSockets(this.#local).then((sockets) => {
        if (!this.#isReleased) this.#take(sockets);
      });
    }
    return this.#total;
  }

  /** Reads for the last time: the inode may belong to another socket from now on. */
  release(): void {
    if (this.#inode === undefined) return;
    this.#take(kernelSockets(this.#local));
    this.#isReleased = true;
    this.#lastReadAt = Number.POSITIVE_INFINITY;
    claimedInodes.delete(this.#inode);
  }

  #take(sockets: readonly KernelSocket[] | undefined): void {
    const socket = sockets?.find(({ inode }) => inode === this.#inode);
    if (socket === undefined) return;
    this.#total += (socket.drops - this.#lastValue) >>> 0;
    this.#lastValue = socket.drops;
  }
}
