import type { DropReason } from "./events.ts";
import type { EndpointStats } from "./stats.ts";

const dropReasons: readonly DropReason[] = [
  "malformed",
  "unknown-connection-id",
  "unknown-peer",
  "replayed",
  "not-authentic",
  "wrong-epoch",
  "connection-id-missing",
  "unexpected",
  "too-many-handshakes",
  "handshake-rate",
  "too-many-connections",
  "forgery-limit",
  "sealed-for-ever",
];

/** The running numbers behind {@link EndpointStats}: plain fields, so that counting costs nothing. */
export class Counters {
  connections = 0;
  handshakes = 0;
  datagramsReceived = 0;
  datagramsHandled = 0;
  datagramsAnswered = 0;
  datagramsSent = 0;
  readonly datagramsDropped: Record<DropReason, number> = zeros();
  handshakesStarted = 0;
  handshakesCompleted = 0;
  handshakesResumed = 0;
  handshakesFailed = 0;
  connectionsEvicted = 0;
  helloVerifyRequests = 0;
  flightRetransmissions = 0;
  recordsOpened = 0;
  recordsSealed = 0;
  readonly recordsDropped: Record<DropReason, number> = zeros();
  pathChanges = 0;
  pathChecks = 0;
  pathChecksFailed = 0;

  snapshot(): EndpointStats {
    return {
      connections: this.connections,
      handshakes: this.handshakes,
      datagrams: {
        received: this.datagramsReceived,
        handled: this.datagramsHandled,
        answered: this.datagramsAnswered,
        dropped: { ...this.datagramsDropped },
        sent: this.datagramsSent,
      },
      handshakesStarted: this.handshakesStarted,
      handshakesCompleted: this.handshakesCompleted,
      handshakesResumed: this.handshakesResumed,
      handshakesFailed: this.handshakesFailed,
      connectionsEvicted: this.connectionsEvicted,
      helloVerifyRequests: this.helloVerifyRequests,
      flightRetransmissions: this.flightRetransmissions,
      recordsOpened: this.recordsOpened,
      recordsSealed: this.recordsSealed,
      recordsDropped: { ...this.recordsDropped },
      pathChanges: this.pathChanges,
      pathChecks: this.pathChecks,
      pathChecksFailed: this.pathChecksFailed,
    };
  }
}

function zeros(): Record<DropReason, number> {
  return Object.fromEntries(dropReasons.map((reason) => [reason, 0])) as Record<DropReason, number>;
}
