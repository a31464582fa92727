/** A UDP address: textual IPv4 or IPv6 as sockets report it, and a port. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** Takes what a socket receives. Its methods are called from the event loop, one at a time. */
export interface DatagramReceiver {
  /**
   * One datagram. `datagram` is valid only during the call. An IPv4 peer of a dual-stack socket has
   * an IPv4 address here.
   */
  receive(datagram: Uint8Array, port: number, address: string): void;
  /** After the last datagram of an event-loop wake-up that delivered some. */
  endOfBatch?(): void;
  /**
   * Gets what the other two throw, so that one datagram cannot end the process. Without this method
   * it becomes an uncaught exception.
   */
  failed?(error: unknown): void;
}

/** A bound UDP socket. */
export interface DatagramSocket {
  /** What it is bound to, with the port that the system chose when 0 was asked for. */
  readonly address: SocketAddress;
  /**
   * Sends and forgets: what goes wrong shows only in {@link statistics}. The bytes may be used again
   * as soon as `send` returned, or must be left alone: see {@link DatagramSocket.copiesOnSend}.
   */
  send(datagram: Uint8Array, port: number, address: string): void;
  /**
   * True when `send` copies. When false the bytes of a datagram must not be changed after `send`:
   * a full send buffer can delay it.
   */
  readonly copiesOnSend: boolean;
  /** A snapshot. Costs a system call or two, so that it fits a status line, not each datagram. */
  statistics(): DatagramSocketStatistics;
  /** Sends what is queued, then closes. Nothing is received any more. May be called twice. */
  close(): Promise<void>;
}

/** Counters since opening; they never decrease. Buffer sizes are bytes of payload and bookkeeping. */
export interface DatagramSocketStatistics {
  /** `node`: node:dgram alone. `batch`: recvmmsg and sendmmsg on the same kind of socket. */
  readonly implementation: "node" | "batch";
  /** Why it is not `batch` although that was allowed. */
  readonly batchUnavailable: string | undefined;
  readonly received: number;
  readonly receivedBytes: number;
  /** Event-loop wake-ups that delivered datagrams; 0 when nobody asked for the end of batches. */
  readonly batches: number;
  /** Handed to the system without an error. */
  readonly sent: number;
  readonly sentBytes: number;
  /** Datagrams that were not sent, by system error code; `QUEUE_FULL` when the own queue was full. */
  readonly sendErrors: Readonly<Record<string, number>>;
  /** Errors of receiving, by system error code. */
  readonly receiveErrors: Readonly<Record<string, number>>;
  /** Datagrams longer than the place for them; they were not delivered. */
  readonly truncated: number;
  /** Exceptions that the receiver let out. */
  readonly receiverFailures: number;
  /**
   * Datagrams that the kernel dropped because the receive buffer was full, as last read: asking may
   * start a reading for the next time. Undefined: the kernel does not tell.
   */
  readonly kernelDrops: number | undefined;
  /** What the kernel granted, which may be less than was asked for. */
  readonly receiveBufferBytes: number;
  readonly sendBufferBytes: number;
}

export interface SocketOptions {
  /** An IPv4 or IPv6 address of this host; `::` takes IPv4 as well, unless `ipv6Only`. */
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Default 8 MiB: a burst of thousands of clients. The kernel may grant less (net.core.rmem_max). */
  readonly receiveBufferBytes?: number;
  /** Default 4 MiB. */
  readonly sendBufferBytes?: number;
  /** Default false. */
  readonly ipv6Only?: boolean;
  /** Several sockets share the address, and the kernel spreads the flows (SO_REUSEPORT). Default false. */
  readonly reusePort?: boolean;
  /**
   * `off`: node:dgram alone. `on`: batches, or an error. `auto`: batches where they are available.
   * Default `off`.
   */
  readonly batch?: "auto" | "on" | "off";
  /**
   * Told once when the kernel grants much less than asked for. Default: `process.emitWarning`, for the first
   * socket only.
   */
  readonly warn?: (warning: SocketWarning) => void;
}

export interface SocketWarning {
  readonly code: "UDP_RECEIVE_BUFFER_SMALL";
  /** One line that says what to do. */
  readonly message: string;
}
