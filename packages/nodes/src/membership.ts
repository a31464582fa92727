import {
  decodePingFrame,
  encodePingFrame,
  FrameType,
  NodeState,
  normalizeAddress,
  type PingFrame,
  type PingTail,
  type SocketAddress,
  trustedTail,
} from "@dtls-cluster/wire";
import type { ClusterNode, NodeConflict } from "./cluster-node.ts";
import { NodesUsageError } from "./errors.ts";
import type {
  Contact,
  MembershipOptions,
  MembershipSink,
  MembershipStats,
  MembershipTimers,
  PingOutcome,
} from "./membership-options.ts";
import { isNodeId } from "./node-id.ts";
import { areRivals, NodesTable } from "./nodes-table.ts";
import { shuffle } from "./shuffle.ts";

const maxSelfAddresses = 64;

/**
 * Who is in the cluster: pings, pongs, expiry, discovery, readiness and ownership generations, without
 * sockets and clocks. All times are monotonic milliseconds.
 */
export class Membership {
  /** All other processes. The owner of the own id is the double, not this process. */
  readonly table: NodesTable;
  readonly #options: MembershipOptions;
  readonly #timers: MembershipTimers;
  readonly #sink: MembershipSink;
  readonly #selfAddresses: Set<string>;
  readonly #knownOwners = new Map<number, ClusterNode>();
  readonly #announcedConflicts = new WeakSet<ClusterNode>();
  #generation: number;
  #supersededBy = 0;
  #isReady = false;
  #hasSaidUp = false;
  /** Since when as many nodes answer as the cluster starts with; undefined while they do not. */
  #completeSince: number | undefined;
  #nextTick: number | undefined;
  #nextDiscovery = 0;
  readonly #outcomes: Record<PingOutcome, number> = {
    ping: 0,
    pong: 0,
    self: 0,
    conflict: 0,
    malformed: 0,
    full: 0,
  };
  readonly #counters = {
    received: 0,
    pingsSent: 0,
    pongsSent: 0,
    expired: 0,
    discoveries: 0,
    conflicts: 0,
  };

  /** @throws NodesUsageError when an option is out of range. */
  constructor(options: MembershipOptions, sink: MembershipSink) {
    if (!isNodeId(options.nodeId)) {
      throw new NodesUsageError(`node id ${options.nodeId} is not an integer of 0 to 4294967295`);
    }
    if (!Number.isInteger(options.initialNodes) || options.initialNodes < 1) {
      throw new NodesUsageError(`initial nodes ${options.initialNodes} is not an integer above 0`);
    }
    const generation = options.generation ?? 1;
    if (!isNodeId(generation)) {
      throw new NodesUsageError(`generation ${generation} is not an integer of 0 to 4294967295`);
    }
    this.#options = options;
    this.#sink = sink;
    this.#timers = {
      timerMs: 2000,
      refreshMs: 4000,
      expirationMs: 6000,
      discoverMs: 10_000,
      ...options.timers,
    };
    this.#generation = generation;
    this.table = new NodesTable(
      options.maxNodes === undefined ? {} : { maxNodes: options.maxNodes },
    );
    this.#selfAddresses = new Set((options.ownAddresses ?? []).map(keyOf));
  }

  /** True once the cluster is complete; never false again. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** What pings say about this process. */
  get state(): NodeState {
    if (this.#isReady) return NodeState.initialized;
    return this.#peerIds() + 1 >= this.#options.initialNodes ? NodeState.up : NodeState.start;
  }

  get nodeId(): number {
    return this.#options.nodeId;
  }

  /** Own ownership generation, 0: not owner. */
  get generation(): number {
    return this.#generation;
  }

  /** Begins to search for nodes, at once. */
  start(now: number): void {
    this.#nextTick = now;
    this.#nextDiscovery = now;
    this.#becomeReady(this.#options.initialNodes === 1, now);
    this.handleTimeout(now);
  }

  /** Ends all timers. Pings that still come in are still answered. */
  stop(): void {
    this.#nextTick = undefined;
  }

  /**
   * Takes one datagram whose first byte says ping or pong, plain or opened by the secure channel.
   * Never throws.
   */
  receive(datagram: Uint8Array, address: string, port: number, now: number): PingOutcome {
    const outcome = this.#receive(datagram, address, port, now);
    this.#counters.received++;
    this.#outcomes[outcome]++;
    return outcome;
  }

  /** The result of a discovery round: pings all addresses that belong to no node of the table. */
  discovered(addresses: readonly SocketAddress[], now: number): void {
    const unknown = new Map<string, SocketAddress>();
    for (const entry of addresses) {
      if (unknown.size >= (this.#options.maxNodes ?? 1024)) break;
      const address = normalizeAddress(entry.address);
      const key = `${address} ${entry.port}`;
      if (address === "" || this.table.isKnown(address, entry.port)) continue;
      if (!this.#selfAddresses.has(key)) unknown.set(key, { address, port: entry.port });
    }
    this.#pingAll([...unknown.values()], "new");
    this.#announce(now);
  }

  /**
   * Raises the own generation, for instance when a handover was acknowledged, and tells all nodes at
   * once. A lower or equal one is ignored.
   */
  raiseGeneration(generation: number, now: number): void {
    if (generation <= this.#generation || generation > 0xffff_ffff) return;
    this.#generation = generation;
    this.#pingAll([...this.table.nodes()]);
    this.#announce(now);
  }

  /** Claims of one node id that several live processes make with equal right, the own id included. */
  conflicts(): readonly NodeConflict[] {
    return [...this.table.conflicts(), ...this.#ownRivals()];
  }

  /** When {@link handleTimeout} wants to be called, undefined for never. */
  nextTimeout(): number | undefined {
    return this.#nextTick;
  }

  /** Refreshes, expires and discovers when its time has come. Calling early is harmless. */
  handleTimeout(now: number): void {
    if (this.#nextTick === undefined || now < this.#nextTick) return;
    this.#nextTick = now + this.#timers.timerMs;
    const removed = this.#refresh(now);
    this.table.settle(now);
    this.#checkPatience(now);
    if (removed || this.table.size === 0 || now >= this.#nextDiscovery) {
      this.#nextDiscovery = now + this.#timers.discoverMs;
      this.#counters.discoveries++;
      this.#sink.discover();
    }
    this.#announce(now);
  }

  stats(): MembershipStats {
    return { ...this.#counters, outcomes: { ...this.#outcomes } };
  }

  #receive(datagram: Uint8Array, address: string, port: number, now: number): PingOutcome {
    const frame = decodePingFrame(datagram);
    if (typeof frame === "string") return "malformed";
    const { nodeId } = this.#options;
    if (frame.nodeId === nodeId && this.#isSelf(frame, address, port)) return "self";
    const tail = trustedTail(frame, this.#options.instance);
    const claim = {
      id: frame.nodeId,
      generation: tail === undefined ? 1 : tail.generation,
      state: frame.state,
      instance: tail?.instance,
    };
    const before = this.table.at(address, port);
    const generationBefore = before?.generation;
    const result = this.table.update(claim, address, port, now);
    if (result === "full") return "full";
    const node = this.table.at(address, port);
    if (node === undefined) return "full";
    if (result !== "refreshed") {
      if (before !== undefined) this.#sink.event({ type: "node-removed", node: before }, now);
      this.#sink.event({ type: "node-added", node }, now);
      this.#challengeRivals(node, now);
    }
    // A process without our tail takes a ping with its own id for its own and does not expect an answer.
    const isAnswered = frame.nodeId !== nodeId || tail !== undefined;
    if (frame.type === FrameType.ping && isAnswered) this.#pong(frame, tail, node);
    if (frame.nodeId === nodeId) this.#checkSuperseded(node, tail, now);
    else this.#checkReady(frame.state, now);
    const isNews = result !== "refreshed" || node.generation !== generationBefore;
    if (isNews || this.table.claimants(node.id).length > 1) this.#announce(now);
    if (frame.nodeId === nodeId && this.#isRival(node)) return "conflict";
    return frame.type === FrameType.ping ? "ping" : "pong";
  }

  /** Own pings come back where discovery names the own address, or through a balancer. */
  #isSelf(frame: PingFrame, address: string, port: number): boolean {
    const key = `${address} ${port}`;
    if (this.#selfAddresses.has(key)) return true;
    if (frame.type !== FrameType.ping || frame.tail?.instance !== this.#options.instance) {
      return false;
    }
    if (this.#selfAddresses.size < maxSelfAddresses) this.#selfAddresses.add(key);
    return true;
  }

  #pong(ping: PingFrame, tail: PingTail | undefined, to: SocketAddress): void {
    this.#counters.pongsSent++;
    const pong = this.#frame(FrameType.pong);
    // In kind, so that a peer gets what its reader takes and never more octets than it sent.
    const answer =
      tail !== undefined
        ? pong
        : ping.state !== undefined
          ? { ...pong, tail: undefined }
          : { ...pong, state: undefined, tail: undefined };
    this.#sink.send(encodePingFrame(answer), to, "known");
  }

  #pingAll(targets: SocketAddress[], contact: Contact = "known"): void {
    if (targets.length === 0) return;
    const ping = this.#frame(FrameType.ping);
    for (const target of shuffle(targets, this.#options.entropy)) {
      this.#counters.pingsSent++;
      const to = { address: target.address, port: target.port };
      this.#sink.send(encodePingFrame(ping), to, contact);
    }
  }

  #frame(type: PingFrame["type"]): PingFrame {
    const { nodeId, instance } = this.#options;
    const tail = { senderId: nodeId, instance, generation: this.#generation, flags: 0 };
    return { type, nodeId, state: this.state, tail };
  }

  #refresh(now: number): boolean {
    const { refreshMs, expirationMs } = this.#timers;
    const silent: ClusterNode[] = [];
    const expired: ClusterNode[] = [];
    for (const node of this.table.nodes()) {
      const age = now - node.lastSeen;
      if (age > refreshMs + expirationMs) expired.push(node);
      else if (age >= refreshMs) silent.push(node);
    }
    for (const node of expired) {
      this.table.remove(node, now);
      this.#counters.expired++;
      this.#sink.event({ type: "node-removed", node }, now);
    }
    this.#pingAll(silent);
    return expired.length > 0;
  }

  #challengeRivals(node: ClusterNode, now: number): void {
    const incumbent = this.table.claimants(node.id)[0];
    if (incumbent === undefined || incumbent === node || !areRivals(incumbent, node)) return;
    this.table.challenge(node.id, now);
    this.#pingAll([incumbent]);
  }

  #checkSuperseded(node: ClusterNode, tail: PingTail | undefined, now: number): void {
    if (tail === undefined || this.#generation === 0) return;
    if (tail.generation <= this.#generation || tail.generation <= this.#supersededBy) return;
    this.#supersededBy = tail.generation;
    this.#sink.event({ type: "superseded", by: node }, now);
  }

  #checkReady(foreignState: number | undefined, now: number): void {
    if (this.#isReady) return;
    const state = foreignState === NodeState.initialized ? foreignState : this.state;
    if (state === NodeState.start) return;
    const ids = new Set<number>();
    for (const node of this.table.nodes()) {
      const isUp = node.state === undefined || node.state >= NodeState.up;
      if (node.id !== this.#options.nodeId && isUp) ids.add(node.id);
    }
    const isComplete = ids.size + 1 >= this.#options.initialNodes;
    this.#becomeReady(isComplete || state === NodeState.initialized, now);
    // Waiting for the refresh pings would keep a fresh cluster from serving for seconds.
    if (!this.#isReady && !this.#hasSaidUp) {
      this.#hasSaidUp = true;
      this.#pingAll([...this.table.nodes()]);
    }
  }

  /**
   * Two other nodes that cannot find each other stay in `start` for as long as that lasts. They all answer this
   * one, so after an interval of refreshing it serves, and its state lets them serve too.
   */
  #checkPatience(now: number): void {
    if (this.#isReady) return;
    if (this.state === NodeState.start) {
      this.#completeSince = undefined;
      return;
    }
    this.#completeSince ??= now;
    this.#becomeReady(now - this.#completeSince >= this.#timers.refreshMs, now);
  }

  #becomeReady(isComplete: boolean, now: number): void {
    if (this.#isReady || !isComplete) return;
    this.#isReady = true;
    this.#sink.event({ type: "ready" }, now);
    this.#pingAll([...this.table.nodes()]);
  }

  #announce(now: number): void {
    const { table } = this;
    for (const id of new Set([...this.#knownOwners.keys(), ...idsOf(table)])) {
      const owner = table.owner(id);
      if (owner === this.#knownOwners.get(id)) continue;
      if (owner === undefined) this.#knownOwners.delete(id);
      else this.#knownOwners.set(id, owner);
      this.#sink.event({ type: "owner-changed", id, owner }, now);
    }
    for (const node of [...table.conflicts(), ...this.#ownRivals()]) {
      if (this.#announcedConflicts.has(node)) continue;
      this.#announcedConflicts.add(node);
      this.#counters.conflicts++;
      const { id, address, port, generation, lastSeen } = node;
      const conflict = { id, address, port, generation, lastSeen };
      this.#sink.event({ type: "conflict", conflict }, now);
    }
  }

  #ownRivals(): ClusterNode[] {
    return this.table.claimants(this.#options.nodeId).filter((node) => this.#isRival(node));
  }

  #isRival(node: ClusterNode): boolean {
    const { instance } = this.#options;
    return areRivals({ generation: this.#generation, instance }, node);
  }

  #peerIds(): number {
    const hasDouble = this.table.claimants(this.#options.nodeId).length > 0;
    return this.table.idCount - (hasDouble ? 1 : 0);
  }
}

function keyOf(address: SocketAddress): string {
  return `${normalizeAddress(address.address)} ${address.port}`;
}

function* idsOf(table: NodesTable): IterableIterator<number> {
  for (const node of table.nodes()) yield node.id;
}
