import { DeadlineQueue } from "@dtls-cluster/deadlines";
import type { Association } from "./association.ts";
import type { ClientRow } from "./client-row.ts";
import type { CoapEndpointOptions, CoapLimits, NotificationOptions } from "./config.ts";
import { type Bounds, DuplicateLog, Lifetimes } from "./duplicate-log.ts";
import { writeHeader } from "./encode-message.ts";
import { EntropyPool } from "./entropy-pool.ts";
import { CoapUsageError } from "./errors.ts";
import { takeMessageId } from "./message-ids.ts";
import { MessagePool } from "./message-pool.ts";
import { MessageType } from "./message-type.ts";
import type { DuplicateKind } from "./peer-state.ts";
import type { ServerRow } from "./server-row.ts";
import type { CoapSink } from "./sink.ts";
import { type DerivedParameters, deriveParameters } from "./transmission-parameters.ts";

/** What both roles of an endpoint share: the way out, the timers and the memory of the peers. */
export class EndpointCore<T> {
  readonly sink: CoapSink<T>;
  readonly parameters: DerivedParameters;
  readonly limits: CoapLimits;
  readonly notifications: NotificationOptions;
  readonly responseTimeoutMs: number;
  readonly entropy: EntropyPool;
  readonly pool: MessagePool = new MessagePool();
  readonly lifetimes: Lifetimes;
  /** Retransmissions and response timeouts. */
  readonly timers: DeadlineQueue<ClientRow<T> | ServerRow<T>> = new DeadlineQueue();
  /** Peers whose memory may be dropped at their deadline. */
  readonly sweeps: DeadlineQueue<Association<T>> = new DeadlineQueue();
  transmitted = 0;
  retransmissions = 0;
  forgottenEarly = 0;
  duplicateBytes = 0;
  readonly #messageIdLifetimeMs: number;
  readonly #bounds: Bounds;
  readonly #scratch: Uint8Array;
  #isScratchInUse = false;
  readonly #views: (Uint8Array | undefined)[] = [];

  constructor(options: CoapEndpointOptions, sink: CoapSink<T>) {
    this.sink = sink;
    this.parameters = deriveParameters(options.parameters);
    this.limits = checkedLimits(options.limits);
    this.notifications = checkedNotifications(options.notifications);
    this.responseTimeoutMs = options.responseTimeoutMs ?? this.parameters.maxTransmitWaitMs;
    if (!(this.responseTimeoutMs > 0)) {
      throw new CoapUsageError(`responseTimeoutMs is ${this.responseTimeoutMs}, not above 0`);
    }
    const reuse = options.messageIdReuse ?? "lifetime";
    if (reuse !== "lifetime" && reuse !== "acknowledged") {
      throw new CoapUsageError(`messageIdReuse is not "lifetime" or "acknowledged"`);
    }
    this.#messageIdLifetimeMs = reuse === "lifetime" ? this.parameters.exchangeLifetimeMs : 0;
    this.entropy = new EntropyPool(options.entropy);
    this.lifetimes = new Lifetimes(
      this.parameters.exchangeLifetimeMs,
      this.parameters.nonLifetimeMs,
    );
    this.#bounds = {
      lifetimes: this.lifetimes,
      maxEntries: this.limits.maxDuplicatesPerPeer,
      maxBytes: this.limits.maxDuplicateBytesPerPeer,
    };
    this.#scratch = new Uint8Array(this.limits.maxMessageLength);
  }

  get messageIdLifetimeMs(): number {
    return this.#messageIdLifetimeMs;
  }

  /** The next message id towards the peer, -1 when none is free. */
  takeMessageId(peer: Association<T>, now: number): number {
    const first = peer.nextMessageId < 0 ? this.entropy.uint16() : 0;
    const id = takeMessageId(peer, now, this.#messageIdLifetimeMs, first);
    if (id >= 0) peer.mark += 1;
    return id;
  }

  /** A random time of the first retransmission (RFC 7252 section 4.2). */
  firstTimeout(ackTimeoutMs: number): number {
    const spread = ackTimeoutMs * (this.parameters.ackRandomFactor - 1);
    return ackTimeoutMs + (spread * this.entropy.uint16()) / 0x10000;
  }

  /**
   * Room for a message that is only sent and not kept. A sink that calls back while it reads the
   * last one gets memory of its own, so that nested calls cannot overwrite each other.
   */
  scratch(length: number): Uint8Array {
    this.checkLength(length);
    return this.#isScratchInUse ? new Uint8Array(length) : this.#scratchView(length);
  }

  /** @throws CoapUsageError for a message above the limit. */
  checkLength(length: number): void {
    if (length > this.limits.maxMessageLength) {
      throw new CoapUsageError(
        `a message of ${length} bytes exceeds maxMessageLength ${this.limits.maxMessageLength}`,
      );
    }
  }

  transmit(peer: Association<T>, message: Uint8Array): void {
    this.transmitted += 1;
    const wasInUse = this.#isScratchInUse;
    this.#isScratchInUse = true;
    try {
      this.sink.transmit(peer, message);
    } finally {
      this.#isScratchInUse = wasInUse;
    }
  }

  /** Sends an empty ACK or RST. */
  transmitEmpty(peer: Association<T>, type: MessageType, messageId: number): void {
    const message = this.scratch(4);
    writeHeader(message, type, 0, 0, messageId);
    this.transmit(peer, message);
  }

  /** Rejects a received message, which has 4 bytes at least, with RST. */
  transmitReset(peer: Association<T>, received: Uint8Array): void {
    const messageId = ((received[2] as number) << 8) | (received[3] as number);
    this.transmitEmpty(peer, MessageType.reset, messageId);
  }

  /** Remembers a message of the peer with the first `length` bytes of its answer. */
  remember(
    peer: Association<T>,
    messageId: number,
    kind: DuplicateKind,
    answer: Uint8Array,
    length: number,
    time: number,
    now: number,
  ): void {
    let log = peer.duplicates;
    let before = 0;
    if (log === undefined) {
      log = new DuplicateLog();
      peer.duplicates = log;
    } else before = log.capacity;
    peer.mark += 1;
    this.forgottenEarly += log.append(
      messageId,
      kind,
      answer,
      length,
      time,
      peer.mark,
      now,
      this.#bounds,
    );
    this.duplicateBytes += log.capacity - before;
    this.scheduleSweep(peer, now);
    if (this.duplicateBytes > this.limits.maxDuplicateBytes) this.#forgetOthers(peer);
  }

  /** Lets the peer be looked at when what it has now is over. */
  scheduleSweep(peer: Association<T>, now: number): void {
    if (peer.queueIndex < 0) this.sweeps.set(peer, now + this.parameters.exchangeLifetimeMs);
  }

  forget(peer: Association<T>): void {
    if (peer.duplicates === undefined) return;
    this.duplicateBytes -= peer.duplicates.capacity;
    peer.duplicates = undefined;
  }

  #forgetOthers(kept: Association<T>): void {
    const aside: Association<T>[] = [];
    while (this.duplicateBytes > this.limits.maxDuplicateBytes) {
      const peer = this.sweeps.takeDue(Number.POSITIVE_INFINITY);
      if (peer === undefined) break;
      if (peer !== kept) {
        this.forgottenEarly += peer.duplicates?.count ?? 0;
        this.forget(peer);
      }
      if (peer === kept || peer.pending !== undefined) aside.push(peer);
    }
    for (const peer of aside) this.sweeps.set(peer, peer.dueAt);
  }

  /** Views of the scratch buffer by length: answers of a service have few different ones. */
  #scratchView(length: number): Uint8Array {
    if (length >= 256) return this.#scratch.subarray(0, length);
    const known = this.#views[length];
    if (known !== undefined) return known;
    const view = this.#scratch.subarray(0, length);
    this.#views[length] = view;
    return view;
  }
}

function checkedLimits(given: Partial<CoapLimits> = {}): CoapLimits {
  const limits: CoapLimits = {
    maxDuplicatesPerPeer: given.maxDuplicatesPerPeer ?? 32,
    maxDuplicateBytesPerPeer: given.maxDuplicateBytesPerPeer ?? 4096,
    maxDuplicateBytes: given.maxDuplicateBytes ?? 268_435_456,
    maxPendingPerPeer: given.maxPendingPerPeer ?? 16,
    maxObservationsPerPeer: given.maxObservationsPerPeer ?? 16,
    maxExchangesPerPeer: given.maxExchangesPerPeer ?? 16,
    maxMessageLength: given.maxMessageLength ?? 16_384,
  };
  checkRange("maxDuplicatesPerPeer", limits.maxDuplicatesPerPeer, 1, 4096);
  checkRange("maxDuplicateBytesPerPeer", limits.maxDuplicateBytesPerPeer, 0, 1 << 24);
  checkRange("maxDuplicateBytes", limits.maxDuplicateBytes, 0, Number.MAX_SAFE_INTEGER);
  checkRange("maxPendingPerPeer", limits.maxPendingPerPeer, 1, 4096);
  checkRange("maxObservationsPerPeer", limits.maxObservationsPerPeer, 1, 4096);
  checkRange("maxExchangesPerPeer", limits.maxExchangesPerPeer, 1, 4096);
  checkRange("maxMessageLength", limits.maxMessageLength, 64, 65_507);
  return limits;
}

function checkedNotifications(given: Partial<NotificationOptions> = {}): NotificationOptions {
  const notifications: NotificationOptions = {
    confirmEvery: given.confirmEvery ?? 100,
    confirmAfterMs: given.confirmAfterMs ?? 120_000,
  };
  checkRange("confirmEvery", notifications.confirmEvery, 1, 65_536);
  checkRange("confirmAfterMs", notifications.confirmAfterMs, 1, 86_400_000);
  return notifications;
}

function checkRange(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new CoapUsageError(`${name} is ${value}, accepted is ${min} to ${max}`);
}
