import { performance } from "node:perf_hooks";
import { DtlsUsageError, type SocketAddress } from "@dtls-cluster/dtls";
import type { AttemptKey, Peer } from "@dtls-cluster/handover";
import type { HandoverContext } from "./context.ts";
import { clusterAddress } from "./process-address.ts";
import type { RestoreCalls } from "./restore-calls.ts";
import { TakerCopy } from "./taker-copy.ts";

/** What a handover cost the taker. */
export interface TakerFigures {
  readonly connections: number;
  readonly bytes: number;
  readonly copyMs: number;
  /** From the freeze mark until the difference is imported. */
  readonly deltaMs: number;
  /** From the question for the activation until this process serves. */
  readonly activateMs: number;
  /** When this process served, in milliseconds since 1970: with the giver's `frozenAt` the time without any service. */
  readonly servesAt: number;
}

/** Carries out what the machine decides for a process that wants to own. */
export class TakerSide {
  readonly #context: HandoverContext;
  readonly #calls: () => RestoreCalls | undefined;
  #copy: TakerCopy | undefined;
  #source: Peer | undefined;
  #openedAt = 0;
  #frozenAt = 0;
  #completeAt = 0;

  constructor(context: HandoverContext, calls: () => RestoreCalls | undefined) {
    this.#context = context;
    this.#calls = calls;
  }

  openStream(attempt: AttemptKey, from: Peer): void {
    const { secure, transfer, nodeId, clock } = this.#context;
    this.#copy?.discard();
    this.#completeAt = 0;
    const copy = new TakerCopy({ secure, transfer, nodeId, clock });
    this.#copy = copy;
    this.#openedAt = performance.now();
    void this.#calls()?.openStream(attempt, from, {
      copy,
      frozen: () => {
        this.#frozenAt = performance.now();
      },
      closed: () => {
        if (this.#copy === copy) this.#endLate();
      },
    });
  }

  /**
   * Until the process is found that owns, what comes for its id waits: nodes of the own group that took over
   * sooner send all of it here, as they do not know the double.
   */
  join(): void {
    this.#context.gate.mode = "hold";
    this.#relayToSource();
  }

  /** The giver said who it is: what reaches this process for its id is the giver's meanwhile. */
  opened(source: Peer): void {
    this.#source = source;
    this.#relayToSource();
  }

  /** Nothing came of it: everything goes on as before. */
  discard(): void {
    this.#calls()?.abortStream();
    this.#copy?.discard();
    this.#copy = undefined;
    const { gate, clock } = this.#context;
    gate.mode = "closed";
    this.#relayToSource();
    gate.release(clock());
  }

  activate(attempt: AttemptKey, round: number, to: Peer): void {
    const { gate, channel } = this.#context;
    this.#completeAt ||= performance.now();
    this.#source = to;
    if (gate.mode !== "hold") {
      // What the giver relays may be here before its acknowledgement.
      gate.mode = "hold";
      channel.forwarder.own();
    }
    void this.#calls()?.activate(attempt, round, to);
  }

  /** This process owns now. */
  served(isLate: boolean): TakerFigures | undefined {
    const { channel } = this.#context;
    channel.forwarder.own();
    channel.forwarder.setLateDouble(isLate ? this.#sourceAddress() : undefined);
    const copy = this.#copy;
    if (copy === undefined) return undefined;
    const figures = {
      connections: copy.size,
      bytes: copy.bytes,
      copyMs: this.#frozenAt - this.#openedAt,
      deltaMs: this.#completeAt - this.#frozenAt,
      activateMs: performance.now() - this.#completeAt,
      servesAt: Date.now(),
    };
    copy.settle();
    return figures;
  }

  importLate(): void {
    const { channel, clock, log, rearm } = this.#context;
    try {
      this.#copy?.takeLate();
      channel.forwarder.retryParked(clock());
    } catch (error) {
      if (!(error instanceof DtlsUsageError)) throw error;
      log.error({ event: "handover-problem", reason: error.message }, "a late connection is lost");
    }
    rearm();
  }

  #endLate(): void {
    this.#context.channel.forwarder.setLateDouble(undefined);
  }

  #relayToSource(): void {
    const { channel, clock, gate } = this.#context;
    const address = this.#sourceAddress();
    if (address === undefined || gate.mode === "open") return;
    channel.membership.discovered([address], clock());
    channel.forwarder.relayTo(address, 0, false);
    gate.mode = "closed";
    gate.release(clock());
  }

  #sourceAddress(): SocketAddress | undefined {
    const { doubleCluster } = this.#context;
    return doubleCluster ?? (this.#source && clusterAddress(this.#source.address));
  }
}
