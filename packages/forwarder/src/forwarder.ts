import type { ClusterNode, NodesTable } from "@dtls-cluster/nodes";
import {
  createForwardFrame,
  type ForwardFrame,
  FrameType,
  type SocketAddress,
} from "@dtls-cluster/wire";
import { Answers } from "./answers.ts";
import {
  type BackwardOutcome,
  type ClusterOutcome,
  createCounters,
  type DrainOutcome,
  type ForwarderCounters,
  type MutableCounters,
  type PublicOutcome,
} from "./counters.ts";
import type { ForwarderOptions, ForwarderSink } from "./forwarder-options.ts";
import { FrameChannel } from "./frame-channel.ts";
import { Hints } from "./hints.ts";
import { Parking } from "./parking.ts";
import { RateLimit } from "./rate-limit.ts";
import { isAt, RelayedRouters } from "./relayed-routers.ts";
import {
  isEndOfHandshake,
  isFirstCidRecordWhole,
  isFlight,
  noConnectionId,
  nodeIdIn,
  notRoutable,
} from "./route.ts";

const defaultHintLifetimeMs = 60_000;

/**
 * Takes every datagram of a node's public and cluster sockets to where its connection lives, and the
 * answers back. Pure: no sockets, no clock; everything goes out through the sink.
 */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #sink: ForwarderSink;
  readonly #table: NodesTable;
  readonly #nodeId: number;
  readonly #channel: FrameChannel;
  readonly #learned: Hints;
  readonly #expected: Hints;
  readonly #frame: ForwardFrame = createForwardFrame();
  readonly #inner: ForwardFrame = createForwardFrame();
  readonly #counters: MutableCounters = createCounters();
  readonly #routers = new RelayedRouters();
  readonly #answers: Answers;
  readonly #parking: Parking;
  readonly #spreadLimit: RateLimit;
  #successor: SocketAddress | undefined;
  #successorGeneration = 0;
  #isLocalFirst = false;
  #lateDouble: SocketAddress | undefined;

  constructor(options: ForwarderOptions, sink: ForwarderSink) {
    this.#options = options;
    this.#sink = sink;
    this.#table = options.table;
    this.#nodeId = options.layout.nodeId;
    this.#channel = new FrameChannel(options.protection);
    const maxHints = options.maxHints ?? 4096;
    const lifetimeMs = options.hintLifetimeMs ?? defaultHintLifetimeMs;
    this.#learned = new Hints(maxHints, lifetimeMs);
    this.#expected = new Hints(maxHints, lifetimeMs);
    this.#answers = new Answers(options, sink, this.#channel, this.#routers);
    this.#parking = new Parking(sink.deliver, this.#counters);
    this.#spreadLimit = new RateLimit(options.maxSpreadPerSecond ?? 200);
  }

  /** Takes one datagram of the public DTLS socket. Never throws; keeps no view of `datagram`. */
  receivePublic(datagram: Uint8Array, address: string, port: number, now: number): PublicOutcome {
    this.#counters.received++;
    const outcome = this.#receivePublic(datagram, address, port, now);
    this.#counters[outcome]++;
    return outcome;
  }

  /** Takes one datagram of the cluster socket whose first byte says forward or backward. Never throws. */
  receiveCluster(datagram: Uint8Array, address: string, port: number, now: number): ClusterOutcome {
    this.#counters.receivedCluster++;
    const outcome = this.#receiveCluster(datagram, address, port, now);
    this.#counters[outcome]++;
    return outcome;
  }

  /** Sends a record of the local endpoint to a client whose path leads through the node at `via`. */
  sendBackward(record: Uint8Array, client: SocketAddress, via: SocketAddress): BackwardOutcome {
    this.#counters.answers++;
    const outcome = this.#answers.send(record, client, via);
    this.#counters[outcome]++;
    return outcome;
  }

  /**
   * Another process owns the own node id, with this generation: what comes for it, and what has no
   * Connection ID, goes there. A taker says so before its activation of its double, the source of a
   * handover after it of its successor. A double with a higher generation in the table is preferred.
   * @param isLocalFirst what the local endpoint takes stays here (handshakes that end at the source).
   */
  relayTo(owner: SocketAddress, generation: number, isLocalFirst: boolean): void {
    this.#successor = owner;
    this.#successorGeneration = generation;
    this.#isLocalFirst = isLocalFirst;
  }

  /** This process owns its node id (again). So it is from the beginning. */
  own(): void {
    this.#successor = undefined;
    this.#isLocalFirst = false;
  }

  /**
   * Handover phase "late" at the new owner: what comes for its id or without Connection ID, and has
   * no place at the local endpoint, goes to the double. Undefined ends the phase.
   */
  setLateDouble(double: SocketAddress | undefined): void {
    this.#lateDouble = double;
    if (double === undefined) this.#parking.clear();
  }

  /** A late connection has come: what came ahead of it is delivered. */
  retryParked(now: number): void {
    this.#parking.retry(now);
  }

  /**
   * A handshake of this client address runs at another process: its datagrams without Connection ID go
   * there and not to the local endpoint, for the lifetime of a hint.
   */
  expectHandshakeAt(address: string, port: number, at: SocketAddress, now: number): void {
    this.#expected.learn(address, port, at, now);
  }

  /**
   * Sends a datagram that was delivered but waited (a freeze) to the process that {@link relayTo} names.
   * @param via as it was delivered.
   */
  drain(
    datagram: Uint8Array,
    address: string,
    port: number,
    via: SocketAddress | undefined,
  ): DrainOutcome {
    const client = { address, port };
    const isSent =
      via === undefined
        ? this.#forward(datagram, client, this.#owner())
        : this.#relay(datagram, client, via, this.#owner());
    const outcome = isSent ? "drained" : "dropDrained";
    this.#counters[outcome]++;
    return outcome;
  }

  /** A copy of all counters; see the type for the sums that hold. */
  counters(): ForwarderCounters {
    return { ...this.#counters };
  }

  #receivePublic(datagram: Uint8Array, address: string, port: number, now: number): PublicOutcome {
    const { layout } = this.#options;
    const nodeId = nodeIdIn(datagram, layout);
    if (nodeId === this.#nodeId) return this.#receiveOwn(datagram, address, port, now);
    if (nodeId === noConnectionId) return this.#receiveWithoutId(datagram, address, port, now);
    if (nodeId === notRoutable) return "dropMalformed";
    // A taker of the own group does not own yet, but passes on to its double, which nobody else here knows.
    const owner = this.#table.owner(nodeId) ?? this.#table.claimants(nodeId)[0];
    if (owner === undefined) return "dropUnknownNode";
    if (datagram[0] === 25 && !isFirstCidRecordWhole(datagram, layout.length)) {
      return "dropMalformed";
    }
    if (isEndOfHandshake(datagram)) this.#learned.learn(address, port, owner, now);
    return this.#forward(datagram, { address, port }, owner) ? "forwarded" : "dropForward";
  }

  #receiveOwn(datagram: Uint8Array, address: string, port: number, now: number): PublicOutcome {
    const successor = this.#owner();
    if (successor === undefined || this.#isLocalFirst) {
      if (this.#sink.deliver(datagram, address, port, undefined, now)) return "own";
      if (successor === undefined) {
        if (this.#lateDouble === undefined) return "own";
        const isSent = this.#forward(datagram, { address, port }, this.#lateDouble);
        return isSent ? "hinted" : "dropForward";
      }
    }
    return this.#forward(datagram, { address, port }, successor) ? "relayed" : "dropForward";
  }

  #receiveWithoutId(
    datagram: Uint8Array,
    address: string,
    port: number,
    now: number,
  ): PublicOutcome {
    const successor = this.#owner();
    const expectedAt = this.#expected.find(address, port, now);
    if (expectedAt !== undefined) {
      return this.#forward(datagram, { address, port }, expectedAt) ? "hinted" : "dropForward";
    }
    if (successor === undefined || this.#isLocalFirst) {
      if (this.#sink.deliver(datagram, address, port, undefined, now)) return "local";
    }
    const client = { address, port };
    if (successor !== undefined) {
      return this.#forward(datagram, client, successor) ? "relayed" : "dropForward";
    }
    const target = this.#lateDouble ?? this.#knownHint(address, port, now);
    if (target !== undefined) {
      return this.#forward(datagram, client, target) ? "hinted" : "dropForward";
    }
    return isFlight(datagram) && this.#spread(datagram, client, now) ? "spread" : "unplaced";
  }

  #receiveCluster(
    datagram: Uint8Array,
    address: string,
    port: number,
    now: number,
  ): ClusterOutcome {
    const type = datagram[0];
    const source = this.#table.at(address, port);
    if (source === undefined) return "dropUnknownSource";
    const isRelay = type === FrameType.relayForward || type === FrameType.relayBackward;
    // Only the double has a reason to relay, and its relay frames are the only ones to be believed.
    if (isRelay && source.id !== this.#nodeId) return "dropUnknownSource";
    const frame = this.#frame;
    const refusal = this.#channel.open(datagram, source, frame);
    if (refusal === "malformed") return "dropMalformedFrame";
    if (refusal === "no-keys") return "dropNoKeys";
    const isForward = type === FrameType.forward || type === FrameType.relayForward;
    if (refusal === "forged") return isForward ? "badForward" : "badBackward";
    const payload = datagram.subarray(frame.payloadOffset);
    switch (frame.type) {
      case FrameType.forward:
        return this.#processForward(payload, frame, source, now);
      case FrameType.backward:
        this.#sink.sendPublic(payload, frame.address, frame.port);
        return "sendBackwarded";
      case FrameType.relayForward:
        return this.#processRelayForward(payload, frame, source, now);
      case FrameType.relayBackward:
        return this.#answers.passOn(payload, frame);
    }
  }

  #processForward(
    payload: Uint8Array,
    client: SocketAddress,
    source: ClusterNode,
    now: number,
  ): ClusterOutcome {
    const nodeId = nodeIdIn(payload, this.#options.layout);
    if (nodeId === notRoutable) return "dropMalformedFrame";
    if (nodeId !== this.#nodeId && nodeId !== noConnectionId) return "dropHopLimit";
    const successor = this.#owner();
    if (successor === undefined || this.#isLocalFirst) {
      const isTaken = this.#sink.deliver(payload, client.address, client.port, source, now);
      const next = successor ?? this.#lateDouble;
      if (isTaken || next === undefined) return "processForwarded";
      if (isAt(next, source)) {
        if (successor === undefined) return this.#park(payload, client, source, now);
        if (nodeId === noConnectionId) return "processForwarded";
        // Its connection was handed over in the meantime: the owner looks once more.
        return this.#relay(payload, client, source, next, FrameType.relayForward)
          ? "relayedForward"
          : "dropRelay";
      }
      return this.#relay(payload, client, source, next) ? "relayedForward" : "dropRelay";
    }
    if (isAt(successor, source)) return "dropHopLimit";
    return this.#relay(payload, client, source, successor) ? "relayedForward" : "dropRelay";
  }

  #processRelayForward(
    payload: Uint8Array,
    outer: ForwardFrame,
    source: ClusterNode,
    now: number,
  ): ClusterOutcome {
    const inner = this.#inner;
    const isLastHop = payload[0] === FrameType.relayForward;
    const type = isLastHop ? FrameType.relayForward : FrameType.forward;
    if (!this.#channel.openInner(payload, type, inner)) return "dropMalformedFrame";
    const successor = this.#owner();
    const datagram = payload.subarray(inner.payloadOffset);
    if (successor === undefined || this.#isLocalFirst) {
      const router =
        this.#table.at(outer.address, outer.port) ?? this.#routers.remember(outer, source);
      const isTaken = this.#sink.deliver(datagram, inner.address, inner.port, router, now);
      if (isTaken) return "processForwarded";
      if (successor === undefined) return this.#park(datagram, inner, router, now);
      if (nodeIdIn(datagram, this.#options.layout) !== this.#nodeId) return "processForwarded";
    }
    // The double relayed it before it owned, and it was read here only after the handover.
    if (isLastHop) return "dropHopLimit";
    const isSent = this.#relay(datagram, inner, outer, successor, FrameType.relayForward);
    return isSent ? "relayedForward" : "dropRelay";
  }

  /** What the double of a late handover sends here is here too early, when it has a Connection ID. */
  #park(
    datagram: Uint8Array,
    client: SocketAddress,
    via: SocketAddress,
    now: number,
  ): "parked" | "processForwarded" {
    const isOwn = nodeIdIn(datagram, this.#options.layout) === this.#nodeId;
    if (this.#lateDouble === undefined || !isOwn) return "processForwarded";
    this.#parking.park(datagram, client, via, now);
    return "parked";
  }

  /** The process that owns the own id when it is another one. */
  #owner(): SocketAddress | undefined {
    if (this.#successor === undefined) return undefined;
    const double = this.#table.owner(this.#nodeId);
    return double !== undefined && double.generation > this.#successorGeneration
      ? double
      : this.#successor;
  }

  #forward(
    datagram: Uint8Array,
    client: SocketAddress,
    target: SocketAddress | undefined,
  ): boolean {
    if (target === undefined) return false;
    const frame = this.#channel.seal(
      FrameType.forward,
      client,
      datagram,
      target,
      this.#isOurs(target),
    );
    if (frame === undefined) return false;
    this.#sink.sendCluster(frame, target);
    return true;
  }

  #relay(
    datagram: Uint8Array,
    client: SocketAddress,
    router: SocketAddress,
    target: SocketAddress | undefined,
    innerType: typeof FrameType.forward | typeof FrameType.relayForward = FrameType.forward,
  ): boolean {
    if (target === undefined) return false;
    const inner = this.#channel.wrapInner(innerType, client, datagram);
    if (inner === undefined) return false;
    const frame = this.#channel.seal(FrameType.relayForward, router, inner, target, true);
    if (frame === undefined) return false;
    this.#sink.sendCluster(frame, target);
    return true;
  }

  /** A handover partner is one of ours even before its first ping. */
  #isOurs(target: SocketAddress): boolean {
    if (target === this.#successor || target === this.#lateDouble) return true;
    return this.#table.at(target.address, target.port)?.instance !== undefined;
  }

  #knownHint(address: string, port: number, now: number): SocketAddress | undefined {
    const hint = this.#learned.find(address, port, now);
    return hint !== undefined && this.#table.isKnown(hint.address, hint.port) ? hint : undefined;
  }

  #spread(datagram: Uint8Array, client: SocketAddress, now: number): boolean {
    if (!this.#spreadLimit.take(now)) return false;
    let isSent = false;
    for (const node of this.#table.nodes()) {
      if (this.#forward(datagram, client, node)) isSent = true;
    }
    return isSent;
  }
}
