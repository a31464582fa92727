import type {
  DatagramReceiver,
  DatagramSocket,
  DatagramSocketStatistics,
  SocketAddress,
} from "@dtls-cluster/udp";
import type { World } from "./world.ts";

/** The socket interface of packages/udp on a virtual host, for whatever is composed of sockets. */
export class VirtualDatagramSocket implements DatagramSocket {
  readonly address: SocketAddress;
  readonly copiesOnSend = false;
  readonly #world: World;
  readonly #receiver: DatagramReceiver;
  readonly #unbind: () => void;
  readonly #sendErrors: Record<string, number> = {};
  #isClosed = false;
  #endOfBatchIsDue = false;
  #received = 0;
  #receivedBytes = 0;
  #batches = 0;
  #sent = 0;
  #sentBytes = 0;
  #receiverFailures = 0;

  constructor(world: World, address: SocketAddress, receiver: DatagramReceiver) {
    this.#world = world;
    this.address = address;
    this.#receiver = receiver;
    this.#unbind = world.network.bind(address, this.#receive);
  }

  send(datagram: Uint8Array, port: number, address: string): void {
    if (this.#isClosed || !(port > 0 && port < 65536) || !/^[0-9a-f.:]+$/.test(address)) {
      const code = this.#isClosed ? "CLOSED" : "BAD_ADDRESS";
      this.#sendErrors[code] = (this.#sendErrors[code] ?? 0) + 1;
      return;
    }
    this.#sent += 1;
    this.#sentBytes += datagram.length;
    this.#world.network.send(datagram, this.address, { address, port });
  }

  statistics(): DatagramSocketStatistics {
    return {
      implementation: "node",
      batchUnavailable: "virtual",
      received: this.#received,
      receivedBytes: this.#receivedBytes,
      batches: this.#batches,
      sent: this.#sent,
      sentBytes: this.#sentBytes,
      sendErrors: { ...this.#sendErrors },
      receiveErrors: {},
      truncated: 0,
      receiverFailures: this.#receiverFailures,
      kernelDrops: undefined,
      receiveBufferBytes: 0,
      sendBufferBytes: 0,
    };
  }

  close(): Promise<void> {
    if (!this.#isClosed) this.#unbind();
    this.#isClosed = true;
    return Promise.resolve();
  }

  readonly #receive = (datagram: Uint8Array, from: SocketAddress): void => {
    this.#received += 1;
    this.#receivedBytes += datagram.length;
    if (!this.#endOfBatchIsDue && this.#receiver.endOfBatch !== undefined) {
      this.#endOfBatchIsDue = true;
      this.#world.clock.after(0, this.#endOfBatch);
    }
    this.#guard(() => this.#receiver.receive(datagram, from.port, from.address));
  };

  readonly #endOfBatch = (): void => {
    this.#endOfBatchIsDue = false;
    this.#batches += 1;
    this.#guard(() => this.#receiver.endOfBatch?.());
  };

  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#receiverFailures += 1;
      if (this.#receiver.failed === undefined) throw error;
      this.#receiver.failed(error);
    }
  }
}
