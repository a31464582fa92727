import {
  type CloseReason,
  type Connection,
  createEndpoint,
  type Endpoint,
  type EndpointEvent,
} from "@dtls-cluster/dtls";
import type { FrameProtection } from "@dtls-cluster/forwarder";
import type { Contact } from "@dtls-cluster/nodes";
import { FrameType, isPingOrPong, type SocketAddress } from "@dtls-cluster/wire";
import { type ChannelCounters, createChannelCounters } from "./counters.ts";
import { endpointOptions } from "./endpoint-options.ts";
import { deriveFrameKeys } from "./frame-keys.ts";
import { PeerFrameProtection } from "./frame-protection.ts";
import type { SecureChannelOptions, SecureChannelSink } from "./options.ts";
import type { Peer, PeerAssociation } from "./peer.ts";
import { PeerTable } from "./peer-table.ts";

/** Associations without use for six looks are given up. */
const lookMs = 10_000;
const maxIdleLooks = 6;
/** Shows a server of this project that its client has the keys, when there is nothing else to say. */
const confirmation = new Uint8Array(0);
/** Between two handshakes that nobody asked for by a message. */
const attemptPauseMs = 1000;

/**
 * The secure levels of the cluster channel: pings and pongs as application data of DTLS-PSK associations, in
 * which every node is client and server on its one cluster socket, and MACs for frames under keys of the
 * same associations. No sockets, no clock. Times are monotonic milliseconds.
 */
export class SecureChannel {
  /** The MACs of frames; undefined at the level `dtls`. */
  readonly protection: FrameProtection | undefined;
  readonly #options: SecureChannelOptions;
  readonly #sink: SecureChannelSink;
  readonly #dtls: Endpoint;
  readonly #peers: PeerTable;
  readonly #counters = createChannelCounters();
  readonly #answerMs: number;
  readonly #overlapMs: number;
  #dueAt = Number.POSITIVE_INFINITY;
  #nextLook = Number.POSITIVE_INFINITY;

  /** @throws ClusterChannelUsageError when identity or secret are too long or empty. */
  constructor(options: SecureChannelOptions, sink: SecureChannelSink) {
    this.#options = options;
    this.#sink = sink;
    this.#answerMs = options.answerMs ?? 1000;
    this.#overlapMs = options.overlapMs ?? 10_000;
    const maxPeers = options.maxPeers ?? 1024;
    this.#peers = new PeerTable(maxPeers);
    this.#dtls = createEndpoint(endpointOptions(options, maxPeers), {
      transmit: (datagram, { address, port }) => sink.transmit(datagram, { address, port }),
      data: (connection, payload, now) => this.#data(connection, payload, now),
      event: (event, now) => this.#event(event, now),
    });
    if (options.level === "dtls-mac") {
      this.protection = new PeerFrameProtection(this.#peers, this.#counters, {
        wanted: (address, port) => this.#want(address, port),
        now: () => this.#now,
        bad: (peer) => sink.trouble("bad-mac", peer, this.#now),
      });
    }
  }

  /** The latest time that this object was told. */
  #now = 0;

  /** Takes a datagram of the cluster socket that is no frame: DTLS records, or a ping without protection. Never throws. */
  receive(datagram: Uint8Array, address: string, port: number, now: number): void {
    this.#now = now;
    if (isPingOrPong(datagram)) {
      // No answer: who does not know the secret learns nothing, not even that a node is here.
      this.#counters.plainPings++;
      this.#sink.trouble("plain-ping", { address, port }, now);
      return;
    }
    const outcome = this.#dtls.receive(datagram, address, port, undefined, now);
    // The node has an association that this side lost.
    if (outcome === "unknown-connection-id" || outcome === "unknown-peer") {
      if (this.#peers.find(address, port)?.hasKeys !== true) this.#want(address, port);
    }
  }

  /** Sends a ping or pong; without an association, or to a new node, a handshake comes first. */
  send(message: Uint8Array, to: SocketAddress, contact: Contact, now: number): void {
    this.#now = now;
    const peer = this.#peers.open(to);
    if (peer === undefined) {
      this.#counters.messagesDropped++;
      return;
    }
    if (contact === "known" && this.#transmit(peer, message, now)) return;
    this.#wait(peer, message);
    this.#connect(peer, now);
  }

  handleTimeout(now: number): void {
    this.#now = now;
    this.#dtls.handleTimeout(now);
    if (now < this.#dueAt) return;
    const isLook = now >= this.#nextLook;
    if (isLook) this.#nextLook = now + lookMs;
    this.#dueAt = Number.POSITIVE_INFINITY;
    for (const peer of [...this.#peers.all()]) {
      this.#attend(peer, now);
      if (isLook) this.#look(peer, now);
      if (peer.isIdle) this.#peers.remove(peer);
      else this.#wake(this.#nextLook);
    }
    if (this.#dueAt === Number.POSITIVE_INFINITY) this.#nextLook = Number.POSITIVE_INFINITY;
  }

  /** When {@link handleTimeout} wants to be called, undefined for never. */
  nextTimeout(): number | undefined {
    const next = Math.min(this.#dueAt, this.#dtls.nextTimeout() ?? Number.POSITIVE_INFINITY);
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  counters(): ChannelCounters {
    const { connections, handshakes, handshakesStarted, handshakesCompleted, ...rest } =
      this.#dtls.stats();
    return {
      ...this.#counters,
      associations: connections,
      handshakes,
      handshakesStarted,
      handshakesCompleted,
      handshakesFailed: rest.handshakesFailed,
      datagrams: rest.datagrams.dropped,
    };
  }

  #transmit(peer: Peer, message: Uint8Array, now: number): boolean {
    const { current } = peer;
    if (current === undefined || !this.#dtls.send(current.connection, message, now)) return false;
    current.isUsed = true;
    this.#counters.messagesSent++;
    if (message[0] === FrameType.ping) {
      peer.question = message;
      peer.askedAt = now;
      this.#wake(now + this.#answerMs);
    }
    return true;
  }

  #wait(peer: Peer, message: Uint8Array): void {
    if (peer.pending !== undefined) this.#counters.messagesDropped++;
    peer.pending = message;
  }

  #connect(peer: Peer, now: number): void {
    if (peer.handshake !== undefined) return;
    const { identity, secret } = this.#options;
    peer.isWanted = false;
    peer.lastAttemptAt = now;
    const path = { address: peer.address, port: peer.port, via: undefined };
    peer.handshake = this.#dtls.connect(path, { pskIdentity: identity, psk: secret }, now);
    this.#keepWatch(now);
  }

  /** A node of the table needs an association; whoever pretends to be one gets one hello a second at most. */
  #want(address: string, port: number): void {
    if (!this.#options.isMember(address, port)) return;
    const peer = this.#peers.open({ address, port });
    if (peer === undefined || peer.handshake !== undefined) return;
    peer.isWanted = true;
    this.#wake(Math.max(this.#now, peer.lastAttemptAt + attemptPauseMs));
  }

  #attend(peer: Peer, now: number): void {
    if (peer.question !== undefined) {
      if (now < peer.askedAt + this.#answerMs) {
        this.#wake(peer.askedAt + this.#answerMs);
      } else {
        this.#counters.unanswered++;
        this.#wait(peer, peer.question);
        peer.question = undefined;
        this.#connect(peer, now);
      }
    }
    if (peer.isWanted) {
      const at = peer.lastAttemptAt + attemptPauseMs;
      if (now >= at) this.#connect(peer, now);
      else this.#wake(at);
    }
    this.#wake(peer.expireKeys(now));
  }

  #look(peer: Peer, now: number): void {
    for (const association of peer.associations) {
      association.idleLooks = association.isUsed ? 0 : association.idleLooks + 1;
      association.isUsed = false;
      if (association.idleLooks >= maxIdleLooks) this.#dtls.close(association.connection, now);
    }
  }

  #event(event: EndpointEvent, now: number): void {
    switch (event.type) {
      case "psk-needed":
        this.#providePsk(event.connection, event.identity, now);
        break;
      case "connected":
        this.#connected(event.connection, now);
        break;
      case "closed":
        this.#closed(event.connection, event.reason, now);
        break;
      case "path-changed":
        break;
    }
  }

  #providePsk(connection: Connection, identity: Uint8Array, now: number): void {
    const isKnown = this.#options.crypto.equal(identity, this.#options.identity);
    if (!isKnown) {
      this.#counters.unknownIdentities++;
      this.#sink.trouble("unknown-identity", connection.path, now);
    }
    this.#dtls.providePsk(connection, isKnown ? this.#options.secret : undefined, now);
  }

  #connected(connection: Connection, now: number): void {
    const peer = this.#peers.open(connection.path);
    if (peer === undefined) {
      this.#dtls.close(connection, now);
      return;
    }
    const { frameHmac, isOurs } = this.#options;
    const keys =
      this.protection === undefined
        ? undefined
        : deriveFrameKeys(this.#dtls, connection, frameHmac);
    const association: PeerAssociation = {
      connection,
      peer,
      keys,
      establishedAt: now,
      isUsed: true,
      idleLooks: 0,
    };
    connection.attachment = association;
    const isClient = connection.role === "client";
    // The Finished of a server may get lost: a client of this project takes frames under its former keys until
    // it shows that it has the new ones. Californium forgets its former keys at once.
    const isConfirmed = isClient || !isOurs(peer.address, peer.port);
    peer.add(association, isConfirmed, now);
    if (peer.handshake === connection) peer.handshake = undefined;
    this.#keepWatch(now);
    if (!isConfirmed) return;
    if (peer.pending !== undefined) this.#sendPending(peer, now);
    else if (isClient && isOurs(peer.address, peer.port))
      this.#dtls.send(connection, confirmation, now);
  }

  #sendPending(peer: Peer, now: number): void {
    const { pending } = peer;
    if (pending !== undefined && this.#transmit(peer, pending, now)) peer.pending = undefined;
  }

  #data(connection: Connection, message: Uint8Array, now: number): void {
    const association = connection.attachment as PeerAssociation | undefined;
    if (association === undefined) return;
    const { peer } = association;
    this.#counters.messagesReceived++;
    peer.heard(association, now);
    if (message.length === 0) return;
    this.#sink.message(message, peer.address, peer.port, now);
    this.#sendPending(peer, now);
  }

  #closed(connection: Connection, reason: CloseReason, now: number): void {
    const { address, port } = connection.path;
    const association = connection.attachment as PeerAssociation | undefined;
    if (association !== undefined) {
      const { peer } = association;
      connection.attachment = undefined;
      peer.remove(association, reason.kind === "replaced", now + this.#overlapMs);
      this.#wake(now + this.#overlapMs);
      const isLost = reason.kind === "failed" || reason.kind === "limit-reached";
      if (isLost && peer.current === undefined) this.#want(address, port);
      return;
    }
    const peer = this.#peers.find(address, port);
    if (peer?.handshake === connection) {
      peer.handshake = undefined;
      if (peer.pending !== undefined) this.#counters.messagesDropped++;
      peer.pending = undefined;
      this.#wake(now);
    }
    this.#explain(connection, reason, now);
  }

  #explain(connection: Connection, reason: CloseReason, now: number): void {
    const { role, cipherSuite, path, pskIdentity } = connection;
    if (reason.kind === "failed") {
      const isToldAlready = reason.error.code === "DTLS_UNKNOWN_PSK_IDENTITY";
      if (!isToldAlready) this.#sink.trouble("refused", path, now);
    } else if (reason.kind === "handshake-timeout") {
      const hasReachedKeys = role === "client" ? cipherSuite !== 0 : pskIdentity.length > 0;
      if (hasReachedKeys) this.#sink.trouble("wrong-secret", path, now);
    }
  }

  #keepWatch(now: number): void {
    if (this.#nextLook === Number.POSITIVE_INFINITY) this.#nextLook = now + lookMs;
    this.#wake(this.#nextLook);
  }

  #wake(at: number): void {
    if (at < this.#dueAt) this.#dueAt = at;
  }
}
