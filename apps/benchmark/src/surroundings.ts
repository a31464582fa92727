import type { Target } from "./target.ts";

/** A client's socket. */
export interface ClientSocket {
  /** Sends to the target with that index. Never throws; the datagram belongs to the socket now. */
  send(datagram: Uint8Array, target: number): void;
  close(): void;
}

/** Where datagrams of a socket go. Both are called outside of the socket's own methods. */
export interface SocketReceiver {
  /** `datagram` is valid only during the call. */
  datagram(datagram: Uint8Array): void;
  /** The network reported a problem, for example an unreachable port. */
  problem(code: string): void;
}

/** Everything impure that a run needs: real in `node-surroundings.ts`, virtual in tests. */
export interface Surroundings {
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls back once after `delayMs`; the result cancels it. */
  wake(delayMs: number, callback: () => void): () => void;
  /**
   * Calls back once, when all datagrams that had arrived at `readUntil` have been handed over. Time-outs
   * of the protocols must be judged then: an answer in a socket's buffer is not late.
   */
  afterReading(callback: (readUntil: number) => void): void;
  /** A new socket that may reach all `targets`, or only the one at `only` when that is given. */
  openSocket(
    targets: readonly Target[],
    only: number | undefined,
    receiver: SocketReceiver,
  ): Promise<ClientSocket>;
  /** 0 inclusive to 1 exclusive; need not be unpredictable. */
  random(): number;
  /** CPU time of this process so far, in microseconds. */
  cpuMicros(): number;
}
