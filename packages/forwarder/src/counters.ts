/**
 * What became of every datagram; each ends in exactly one of a group, so that the groups balance:
 * see {@link ForwarderCounters}.
 */
export type PublicOutcome =
  /** A record with a Connection ID of this node: delivered. */
  | "own"
  /** No Connection ID: delivered. */
  | "local"
  /** Sent to the node that owns the Connection ID. */
  | "forwarded"
  /** Own Connection ID, but another process owns it: sent there. */
  | "relayed"
  /** No Connection ID, no handshake here: sent where the address was last seen, or to the double. */
  | "hinted"
  /** No Connection ID, no handshake here, no hint: sent to all nodes. */
  | "spread"
  /** No Connection ID and nobody to send it to. */
  | "unplaced"
  /** The Connection ID names a node that is not in the table. */
  | "dropUnknownNode"
  /** The frame could not be sealed, or is no frame that a peer takes. */
  | "dropForward"
  /** Not a DTLS datagram that can be routed. */
  | "dropMalformed";

export type ClusterOutcome =
  /** A forwarded datagram: delivered. */
  | "processForwarded"
  /** A forwarded datagram for the own id, which another process owns: passed on, once. */
  | "relayedForward"
  /** A forwarded datagram that came ahead of its connection: it waits for it. */
  | "parked"
  /** A backward frame: its record was sent to the client. */
  | "sendBackwarded"
  /** A backward frame of the new owner for another router: passed on, once. */
  | "relayedBackward"
  /** A forward frame with a wrong MAC. */
  | "badForward"
  /** A backward frame with a wrong MAC. */
  | "badBackward"
  /** A frame that cannot be read. */
  | "dropMalformedFrame"
  /** A frame of a peer whose keys are not known (yet). */
  | "dropNoKeys"
  /** A frame from an address that is no node's. */
  | "dropUnknownSource"
  /** A forwarded datagram of a third node, or a relayed one that would have to be relayed again. */
  | "dropHopLimit"
  /** A forwarded datagram for the own id, and the frame to its owner could not be built or sealed. */
  | "dropRelay"
  /** A backward frame to be passed on to a router that is not known (any more). */
  | "dropUnknownRouter";

export type BackwardOutcome =
  /** Sent to the router. */
  | "backwarded"
  /** Sent through the relay that the client's datagram came by. */
  | "backwardRelayed"
  /** Backward mode is off: sent from the own public socket. */
  | "backwardDirect"
  /** The router is not available, or the frame could not be sealed. */
  | "dropBackward";

/** Of a datagram that waited during a freeze, and was counted when it came in. */
export type DrainOutcome = "drained" | "dropDrained";

/** Of a parked datagram: its connection came, or did not come in time. */
type ParkingOutcome = "unparked" | "dropParked";

export type ForwarderOutcome =
  | DrainOutcome
  | ParkingOutcome
  | PublicOutcome
  | ClusterOutcome
  | BackwardOutcome;

/**
 * Counters never decrease. `received` is the sum of the public outcomes, `receivedCluster` of the
 * cluster outcomes, `answers` of the backward outcomes.
 */
export interface ForwarderCounters extends Readonly<Record<ForwarderOutcome, number>> {
  readonly received: number;
  readonly receivedCluster: number;
  readonly answers: number;
}

export type MutableCounters = { -readonly [K in keyof ForwarderCounters]: number };

export function createCounters(): MutableCounters {
  return {
    received: 0,
    own: 0,
    local: 0,
    forwarded: 0,
    relayed: 0,
    hinted: 0,
    spread: 0,
    unplaced: 0,
    dropUnknownNode: 0,
    dropForward: 0,
    dropMalformed: 0,
    receivedCluster: 0,
    processForwarded: 0,
    parked: 0,
    relayedForward: 0,
    sendBackwarded: 0,
    relayedBackward: 0,
    badForward: 0,
    badBackward: 0,
    dropMalformedFrame: 0,
    dropNoKeys: 0,
    dropUnknownSource: 0,
    dropHopLimit: 0,
    dropRelay: 0,
    dropUnknownRouter: 0,
    answers: 0,
    backwarded: 0,
    backwardRelayed: 0,
    backwardDirect: 0,
    dropBackward: 0,
    drained: 0,
    dropDrained: 0,
    unparked: 0,
    dropParked: 0,
  };
}
