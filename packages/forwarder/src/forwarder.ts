import type { SocketAddress } from "@dtls-cluster/wire";
import type {
  BackwardOutcome,
  ClusterOutcome,
  ForwarderCounters,
  PublicOutcome,
} from "./counters.ts";
import type { ForwarderOptions, ForwarderSink } from "./forwarder-options.ts";

/** FACE; the insides follow. */
export declare class Forwarder {
  constructor(options: ForwarderOptions, sink: ForwarderSink);

  /** Takes one datagram of the public DTLS socket. Never throws; keeps no view of `datagram`. */
  receivePublic(datagram: Uint8Array, address: string, port: number, now: number): PublicOutcome;

  /** Takes one datagram of the cluster socket whose first byte says forward or backward. Never throws. */
  receiveCluster(datagram: Uint8Array, address: string, port: number, now: number): ClusterOutcome;

  /** Sends a record of the local endpoint to a client whose path leads through another node. */
  sendBackward(record: Uint8Array, client: SocketAddress, via: SocketAddress): BackwardOutcome;

  /**
   * Another process owns the own node id, with this generation: all that needs the own id goes there.
   * A taker calls it before its activation with its double, the source of a handover after it with its
   * successor. A process in the table with a higher generation is preferred.
   */
  relayTo(owner: SocketAddress, generation: number): void;

  /** This process owns its node id (again). */
  own(): void;

  /**
   * Handover phase "late": datagrams without Connection ID that the local endpoint cannot place go to
   * the double. Undefined ends the phase.
   */
  setLateDouble(double: SocketAddress | undefined): void;

  /**
   * A handshake of this client address runs at another process: its datagrams without Connection ID go
   * there, for the lifetime of a hint.
   */
  expectHandshakeAt(address: string, port: number, at: SocketAddress, now: number): void;

  /** Every name's value; see the type for the sums that hold. */
  counters(): ForwarderCounters;
}
