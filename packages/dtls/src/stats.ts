import type { DropReason } from "./events.ts";

/** A snapshot of an endpoint's counters and gauges. Counters never decrease. */
export interface EndpointStats {
  readonly connections: number;
  readonly handshakes: number;
  readonly datagrams: {
    readonly received: number;
    readonly handled: number;
    readonly answered: number;
    readonly dropped: Readonly<Record<DropReason, number>>;
    readonly sent: number;
  };
  readonly handshakesStarted: number;
  readonly handshakesCompleted: number;
  /** Those of the completed ones that were abbreviated. */
  readonly handshakesResumed: number;
  readonly handshakesFailed: number;
  /** Connections that gave their place to newer ones, at a limit. */
  readonly connectionsEvicted: number;
  readonly helloVerifyRequests: number;
  readonly flightRetransmissions: number;
  readonly recordsOpened: number;
  readonly recordsSealed: number;
  readonly recordsDropped: Readonly<Record<DropReason, number>>;
  readonly pathChanges: number;
  /** Return routability checks that began (RFC 9853), and those that did not end with the new address. */
  readonly pathChecks: number;
  readonly pathChecksFailed: number;
}
