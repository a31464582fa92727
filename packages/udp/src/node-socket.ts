import type { RemoteInfo, Socket } from "node:dgram";
import { mapAddress, unmapAddress } from "./address-text.ts";
import { grantedBytes } from "./bind-socket.ts";
import { Counters } from "./counters.ts";
import type {
  DatagramReceiver,
  DatagramSocket,
  DatagramSocketStatistics,
  SocketAddress,
} from "./datagram-socket.ts";
import { errorCode } from "./errors.ts";
import type { KernelDrops } from "./kernel-drops.ts";

/** Bytes that libuv may hold for a socket whose send buffer is full. */
const sendQueueLimitBytes = 8 * 1024 * 1024;
/** How many sends may pass between two looks at that queue. */
const sendQueueCheckInterval = 32;
/** How long closing waits for a full send buffer. */
const closeTimeoutMs = 1000;

/** UDP through node:dgram. */
export class NodeSocket implements DatagramSocket {
  readonly address: SocketAddress;
  readonly copiesOnSend = false;
  readonly #socket: Socket;
  readonly #receiver: DatagramReceiver;
  readonly #isIpv6: boolean;
  readonly #batchUnavailable: string | undefined;
  readonly #kernelDrops: KernelDrops;
  readonly #receiveBufferBytes: number;
  readonly #sendBufferBytes: number;
  readonly #sendErrors = new Counters();
  readonly #receiveErrors = new Counters();
  #closed: Promise<void> | undefined;
  #drained: (() => void) | undefined;
  #endOfBatchIsDue = false;
  #sendQueueIsFull = false;
  #received = 0;
  #receivedBytes = 0;
  #batches = 0;
  #receiverFailures = 0;
  #sends = 0;
  #pending = 0;
  #sent = 0;
  #sentBytes = 0;

  /** @param socket is bound already. */
  constructor(
    socket: Socket,
    receiver: DatagramReceiver,
    kernelDrops: KernelDrops,
    batchUnavailable?: string,
  ) {
    const { address, port, family } = socket.address();
    this.address = { address, port };
    this.#socket = socket;
    this.#receiver = receiver;
    this.#isIpv6 = family === "IPv6";
    this.#batchUnavailable = batchUnavailable;
    this.#kernelDrops = kernelDrops;
    this.#receiveBufferBytes = grantedBytes(socket.getRecvBufferSize());
    this.#sendBufferBytes = grantedBytes(socket.getSendBufferSize());
    socket.on("message", this.#onMessage);
    socket.on("error", (error) => this.#receiveErrors.add(errorCode(error)));
  }

  send(datagram: Uint8Array, port: number, address: string): void {
    if (this.#closed !== undefined) {
      this.#sendErrors.add("CLOSED");
      return;
    }
    this.#sends += 1;
    if (this.#sendQueueIsFull || this.#sends % sendQueueCheckInterval === 0) {
      this.#sendQueueIsFull = this.#socket.getSendQueueSize() > sendQueueLimitBytes;
      if (this.#sendQueueIsFull) {
        this.#sendErrors.add("QUEUE_FULL");
        return;
      }
    }
    this.#pending += 1;
    try {
      this.#socket.send(datagram, port, this.#isIpv6 ? mapAddress(address) : address, this.#onSent);
    } catch (error) {
      // Port 0 or no address at all: peers and callers may say such things, and send never throws.
      this.#pending -= 1;
      this.#sendErrors.add(errorCode(error));
    }
  }

  statistics(): DatagramSocketStatistics {
    return {
      implementation: "node",
      batchUnavailable: this.#batchUnavailable,
      received: this.#received,
      receivedBytes: this.#receivedBytes,
      batches: this.#batches,
      sent: this.#sent,
      sentBytes: this.#sentBytes,
      sendErrors: this.#sendErrors.snapshot(),
      receiveErrors: this.#receiveErrors.snapshot(),
      truncated: 0,
      receiverFailures: this.#receiverFailures,
      kernelDrops: this.#kernelDrops.read(performance.now()),
      receiveBufferBytes: this.#receiveBufferBytes,
      sendBufferBytes: this.#sendBufferBytes,
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#socket.off("message", this.#onMessage);
    if (this.#pending > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, closeTimeoutMs);
        this.#drained = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#kernelDrops.release();
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  readonly #onMessage = (datagram: Uint8Array, remote: RemoteInfo): void => {
    this.#received += 1;
    this.#receivedBytes += datagram.length;
    if (!this.#endOfBatchIsDue && this.#receiver.endOfBatch !== undefined) {
      this.#endOfBatchIsDue = true;
      setImmediate(this.#onEndOfBatch);
    }
    const address = this.#isIpv6 ? unmapAddress(remote.address) : remote.address;
    try {
      this.#receiver.receive(datagram, remote.port, address);
    } catch (error) {
      this.#fail(error);
    }
  };

  readonly #onEndOfBatch = (): void => {
    this.#endOfBatchIsDue = false;
    this.#batches += 1;
    try {
      this.#receiver.endOfBatch?.();
    } catch (error) {
      this.#fail(error);
    }
  };

  // One function for all datagrams: without any, node:dgram swallows the errors of sending.
  readonly #onSent = (error: Error | null, bytes: number): void => {
    this.#pending -= 1;
    if (error === null) {
      this.#sent += 1;
      this.#sentBytes += bytes;
    } else {
      this.#sendErrors.add(errorCode(error));
    }
    if (this.#pending === 0) this.#drained?.();
  };

  #fail(error: unknown): void {
    this.#receiverFailures += 1;
    if (this.#receiver.failed === undefined) throw error;
    this.#receiver.failed(error);
  }
}
