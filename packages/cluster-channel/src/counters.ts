/** Counters never decrease; `associations` and `handshakes` are present values. */
export interface ChannelCounters {
  /** Established associations, at most two a node in the long run. */
  readonly associations: number;
  /** Handshakes in progress. */
  readonly handshakes: number;
  readonly handshakesStarted: number;
  readonly handshakesCompleted: number;
  readonly handshakesFailed: number;
  readonly messagesSent: number;
  readonly messagesReceived: number;
  /** Messages that found no association and were replaced by a later one, or given up with the handshake. */
  readonly messagesDropped: number;
  /** Pings without an answer, after each of which a handshake was begun. */
  readonly unanswered: number;
  /** Pings outside of DTLS: dropped. */
  readonly plainPings: number;
  /** Handshakes of a peer with another identity. */
  readonly unknownIdentities: number;
  readonly framesSealed: number;
  readonly framesVerified: number;
  /** Frames that verified, but not under the key that the frame before had. */
  readonly framesUnderOtherKey: number;
  readonly badMacs: number;
  /** Frames to or from a node without keys. */
  readonly framesWithoutKeys: number;
  /** DTLS datagrams by what became of them. */
  readonly datagrams: Readonly<Record<string, number>>;
}

type Counted = Exclude<
  keyof ChannelCounters,
  | "associations"
  | "handshakes"
  | "handshakesStarted"
  | "handshakesCompleted"
  | "handshakesFailed"
  | "datagrams"
>;

/** What the channel itself counts; the rest comes from its DTLS endpoint. */
export type MutableChannelCounters = Record<Counted, number>;

export function createChannelCounters(): MutableChannelCounters {
  return {
    messagesSent: 0,
    messagesReceived: 0,
    messagesDropped: 0,
    unanswered: 0,
    plainPings: 0,
    unknownIdentities: 0,
    framesSealed: 0,
    framesVerified: 0,
    framesUnderOtherKey: 0,
    badMacs: 0,
    framesWithoutKeys: 0,
  };
}
