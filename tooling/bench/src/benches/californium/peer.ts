/** Time and size of a saved state. */
export interface SaveFigures {
  readonly bytes: number;
  readonly saveMs: number;
  readonly loadMs: number;
}

/** A server process that is measured. */
export interface MeasuredServer {
  readonly pid: number;
  readonly coaps: string;
  /** Bytes in use after all garbage was collected. */
  memory(): Promise<number>;
  /** Writes all connections into a file, loads them in a new process, and ends both. */
  saveAndLoad(file: string): Promise<SaveFigures>;
  stop(): Promise<unknown>;
}

/** One of the two implementations. */
export interface Peer {
  readonly name: string;
  start(): Promise<MeasuredServer>;
  /** Two nodes of a cluster, without protection between them. */
  startPair(): Promise<readonly MeasuredServer[]>;
}

/** What one run of one peer brought. */
export interface PeerFigures {
  readonly requestMicros: number;
  readonly handshakeMicros: number;
  readonly laterHandshakeMicros: number;
  /** Of both nodes together, what one forwarded request costs more than a direct one. */
  readonly forwardedMicros: number;
  readonly memoryBytes: number;
  readonly save: SaveFigures;
}
