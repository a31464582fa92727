import type { Socket } from "node:dgram";
import { getSystemErrorName } from "node:util";
import { Counters } from "../counters.ts";
import type {
  DatagramReceiver,
  DatagramSocket,
  DatagramSocketStatistics,
  SocketAddress,
} from "../datagram-socket.ts";
import type { KernelDrops } from "../kernel-drops.ts";
import { NodeSocket } from "../node-socket.ts";
import type { MessageRing } from "./message-ring.ts";
import type { NativeCalls } from "./native-calls.ts";
import { batchSize, type RingStore, ringStore } from "./ring-store.ts";
import { decodePort, SocketNames } from "./socket-name.ts";

/** Calls of recvmmsg per event-loop wake-up, so that timers and other sockets have their turn. */
const maxDrainsPerWakeup = 8;
const interrupted = 4;
const tryAgain = 11;

/**
 * UDP through `recvmmsg` and `sendmmsg` on the descriptor of a node:dgram socket. libuv wakes us and
 * reads the first datagram; the others of a wake-up come 64 a call, and what is sent meanwhile leaves 64 a call.
 */
export class BatchSocket implements DatagramSocket {
  readonly copiesOnSend = true;
  readonly #node: NodeSocket;
  readonly #calls: NativeCalls;
  readonly #descriptor: number;
  readonly #receiver: DatagramReceiver;
  readonly #names: SocketNames;
  readonly #rings: RingStore;
  readonly #outgoing: MessageRing;
  readonly #sendErrors = new Counters();
  readonly #receiveErrors = new Counters();
  #closed: Promise<void> | undefined;
  #queued = 0;
  #isInBatch = false;
  #flushIsDue = false;
  #drains = 0;
  #expectsMore = true;
  #received = 0;
  #receivedBytes = 0;
  #truncated = 0;
  #receiverFailures = 0;
  #sent = 0;
  #sentBytes = 0;

  /**
   * @param socket is bound already.
   * @param descriptor is the socket's own; it is used until {@link close} only.
   */
  constructor(
    socket: Socket,
    receiver: DatagramReceiver,
    kernelDrops: KernelDrops,
    descriptor: number,
    calls: NativeCalls,
  ) {
    const inner = { receive: this.#onFirst, endOfBatch: this.#onEndOfBatch };
    this.#node = new NodeSocket(socket, inner, kernelDrops);
    this.#calls = calls;
    this.#descriptor = descriptor;
    this.#receiver = receiver;
    this.#names = new SocketNames(socket.address().family === "IPv6");
    this.#rings = ringStore(calls);
    this.#outgoing = this.#rings.borrow();
  }

  get address(): SocketAddress {
    return this.#node.address;
  }

  send(datagram: Uint8Array, port: number, address: string): void {
    if (this.#closed !== undefined) {
      this.#sendErrors.add("CLOSED");
      return;
    }
    const ring = this.#outgoing;
    const nameAt = this.#queued * ring.nameStride;
    const isShort = datagram.length <= ring.slotBytes;
    if (!isShort || !this.#names.encode(ring.names, nameAt, address, port)) {
      this.#flush();
      this.#node.send(Uint8Array.from(datagram), port, address);
      return;
    }
    ring.put(this.#queued, datagram, this.#names.length);
    this.#queued += 1;
    if (this.#queued === batchSize) this.#flush();
    else if (!this.#isInBatch && !this.#flushIsDue) {
      this.#flushIsDue = true;
      setImmediate(this.#onFlushDue);
    }
  }

  statistics(): DatagramSocketStatistics {
    const node = this.#node.statistics();
    return {
      ...node,
      implementation: "batch",
      received: node.received + this.#received,
      receivedBytes: node.receivedBytes + this.#receivedBytes,
      sent: node.sent + this.#sent,
      sentBytes: node.sentBytes + this.#sentBytes,
      sendErrors: this.#sendErrors.snapshot(node.sendErrors),
      receiveErrors: this.#receiveErrors.snapshot(node.receiveErrors),
      truncated: this.#truncated,
      receiverFailures: this.#receiverFailures,
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#flush();
    // From here on nothing uses the descriptor: its number may soon belong to something else.
    await this.#node.close();
    this.#rings.giveBack(this.#outgoing);
  }

  /** The datagram that libuv read; it is rarely alone. */
  readonly #onFirst = (datagram: Uint8Array, port: number, address: string): void => {
    const isFirst = !this.#isInBatch;
    this.#isInBatch = true;
    this.#deliver(datagram, port, address);
    // A lone datagram is not worth a call that finds nothing; a second one in a wake-up is a sign of more.
    if (isFirst && !this.#expectsMore) return;
    this.#expectsMore = this.#drain() > 0;
    if (this.#expectsMore) this.#flush();
  };

  readonly #onEndOfBatch = (): void => {
    this.#drains = 0;
    try {
      this.#receiver.endOfBatch?.();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isInBatch = false;
      this.#flush();
    }
  };

  readonly #onFlushDue = (): void => {
    this.#flushIsDue = false;
    this.#flush();
  };

  /** Takes up to {@link batchSize} datagrams and returns their number. */
  #drain(): number {
    if (this.#closed !== undefined || this.#rings.isBusy) return 0;
    if (this.#drains >= maxDrainsPerWakeup) return 0;
    this.#drains += 1;
    const ring = this.#rings.incoming;
    const count = this.#calls.receive(this.#descriptor, ring.address, batchSize);
    if (count < 0) {
      const errorNumber = this.#calls.errorNumber();
      if (errorNumber !== tryAgain && errorNumber !== interrupted) {
        this.#receiveErrors.add(getSystemErrorName(-errorNumber));
      }
      return 0;
    }
    this.#rings.isBusy = true;
    try {
      for (let slot = 0; slot < count && this.#closed === undefined; slot += 1) this.#take(slot);
    } finally {
      for (let slot = 0; slot < count; slot += 1) ring.reset(slot);
      this.#rings.isBusy = false;
    }
    return count;
  }

  #take(slot: number): void {
    const ring = this.#rings.incoming;
    if (ring.isTruncated(slot)) {
      this.#truncated += 1;
      return;
    }
    const datagram = ring.datagram(slot);
    const nameAt = slot * ring.nameStride;
    const port = decodePort(ring.names, nameAt);
    this.#received += 1;
    this.#receivedBytes += datagram.length;
    this.#deliver(datagram, port, this.#names.decodeAddress(ring.names, nameAt));
  }

  #deliver(datagram: Uint8Array, port: number, address: string): void {
    try {
      this.#receiver.receive(datagram, port, address);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Sends all that is queued. What the system has no room for waits in libuv's queue, which is bounded. */
  #flush(): void {
    const count = this.#queued;
    const ring = this.#outgoing;
    this.#queued = 0;
    let slot = 0;
    while (slot < count) {
      const sent = this.#calls.send(this.#descriptor, ring.headerAddress(slot), count - slot);
      if (sent > 0) {
        this.#sent += sent;
        for (const end = slot + sent; slot < end; slot += 1) {
          this.#sentBytes += ring.queuedLength(slot);
        }
        continue;
      }
      const errorNumber = this.#calls.errorNumber();
      if (sent === 0 || errorNumber === tryAgain || errorNumber === interrupted) {
        for (; slot < count; slot += 1) this.#sendLater(slot);
        return;
      }
      // Only the first datagram of a call is reported; the others are tried again.
      this.#sendErrors.add(getSystemErrorName(-errorNumber));
      slot += 1;
    }
  }

  #sendLater(slot: number): void {
    const ring = this.#outgoing;
    const nameAt = slot * ring.nameStride;
    const address = this.#names.decodeAddress(ring.names, nameAt);
    this.#node.send(new Uint8Array(ring.queued(slot)), decodePort(ring.names, nameAt), address);
  }

  #fail(error: unknown): void {
    this.#receiverFailures += 1;
    if (this.#receiver.failed === undefined) throw error;
    this.#receiver.failed(error);
  }
}
