import { performance } from "node:perf_hooks";
import type { CloseReason, Connection } from "@dtls-cluster/dtls";
import type { AttemptKey, Grant, Owner, RestoreAnswer } from "@dtls-cluster/handover";
import type { ConnectionWatcher } from "../node/secure-coap.ts";
import type { HandoverContext } from "./context.ts";
import { GiverStream, type StreamFigures } from "./giver-stream.ts";
import { LatePhase } from "./late-phase.ts";
import { clusterAddress } from "./process-address.ts";
import { lineOf } from "./restore-service.ts";
import { SealedCopy } from "./sealed-copy.ts";

/** What a handover cost the giver. */
export interface GiverFigures extends StreamFigures {
  readonly freezeMs: number;
  /** When it stopped to serve, in milliseconds since 1970. */
  readonly frozenAt: number;
  readonly held: number;
}

/** Carries out what the machine decides for a process that owns, or has handed over. */
export class GiverSide implements ConnectionWatcher {
  readonly #context: HandoverContext;
  #stream: GiverStream | undefined;
  #attempt: AttemptKey | undefined;
  #generation = 0;
  #frozenAt = 0;
  #frozenWallTime = 0;
  #heldBefore = 0;
  #late: LatePhase | undefined;
  readonly #complete: Connection[] = [];
  #copy: SealedCopy | undefined;
  #owner: Owner | undefined;
  #isLate = false;
  #lateConnections = 0;

  constructor(context: HandoverContext) {
    this.#context = context;
  }

  /** Begins to copy; returns the body of the answer. */
  startStream(attempt: AttemptKey, grant: Grant, answer: RestoreAnswer): AsyncIterable<Uint8Array> {
    const { secure, transfer, nodeId, config, clock, feed, log } = this.#context;
    this.#attempt = attempt;
    this.#generation = grant.generation;
    const stream = new GiverStream({
      secure,
      transfer,
      preamble: lineOf(answer),
      header: { nodeId, generation: grant.generation, createdAt: Date.now() },
      staleMs: config.staleMs,
      clock,
      progress: () => feed({ type: "stream-progress", attempt }),
      drained: () => feed({ type: "copy-drained", attempt }),
      failed: (error) => {
        const reason = error instanceof Error ? error.stack : "unknown";
        log.error({ event: "handover-problem", reason }, "copying the connections failed");
        feed({ type: "stream-broken", attempt });
      },
    });
    this.#stream = stream;
    return stream.chunks();
  }

  closeStream(): void {
    this.#stream?.cancel();
    this.#stream = undefined;
  }

  /** The taker has imported what it was asked for. */
  copied({ taker, number }: AttemptKey): void {
    if (this.#attempt?.taker !== taker || this.#attempt.number !== number) return;
    this.#stream?.acknowledge();
  }

  freeze(): void {
    const { gate } = this.#context;
    this.#frozenAt = performance.now();
    this.#frozenWallTime = Date.now();
    this.#heldBefore = gate.held;
    gate.mode = "hold";
  }

  sendDelta(): void {
    const { nodeId, cookieSecret, feed } = this.#context;
    const generation = this.#generation;
    this.#stream?.sendDelta({ nodeId, generation, cookieSecret, wallTime: Date.now() });
    if (this.#attempt !== undefined) feed({ type: "delta-sent", attempt: this.#attempt });
  }

  sendEndMark(): void {
    this.#stream?.end();
  }

  /** The figures of the handover that was just acknowledged. */
  figures(): GiverFigures | undefined {
    const stream = this.#stream?.figures;
    if (stream === undefined) return undefined;
    const freezeMs = performance.now() - this.#frozenAt;
    const held = this.#context.gate.held - this.#heldBefore;
    return { ...stream, freezeMs, frozenAt: this.#frozenWallTime, held };
  }

  /** From here this process neither opens nor seals for the connections it has. */
  seal(isLate: boolean): void {
    const { secure, transfer, nodeId, clock, gate } = this.#context;
    this.#isLate = isLate;
    gate.mode = isLate ? "handshakes" : "closed";
    this.#copy?.drop();
    const done = (): void => {
      if (gate.mode === "handshakes") gate.mode = this.#isLate ? "late" : "closed";
    };
    const stream = isLate ? this.#stream : undefined;
    this.#copy = new SealedCopy(
      { secure, transfer, nodeId, clock, done },
      (connection) => stream?.has(connection) ?? true,
    );
    if (isLate) this.#startLate();
  }

  relayTo(owner: Owner): void {
    const { channel, log, clock, gate } = this.#context;
    this.#owner = owner;
    const address = clusterAddress(owner.address);
    if (address === undefined) {
      log.error({ event: "handover-problem" }, "the new owner has no known cluster address");
      return;
    }
    channel.membership.discovered([address], clock());
    channel.forwarder.relayTo(address, owner.generation, this.#isLate);
    // The acknowledgement leaves first: until the taker has it, nobody serves.
    setImmediate(() => gate.release(clock()));
  }

  sendLate(): void {
    const connection = this.#complete.shift();
    if (connection === undefined) return;
    this.#stream?.late(connection);
    this.#lateConnections += 1;
  }

  /** Nothing is left to be handed over. */
  endLate(): void {
    this.#stream?.close();
    this.#stream = undefined;
    this.#late?.stop();
    this.#late = undefined;
    this.#isLate = false;
    const { gate, log } = this.#context;
    const connections = this.#lateConnections;
    log.info({ event: "late-ended", connections }, `${connections} connections followed`);
    if (gate.mode === "late") gate.mode = "closed";
    if (this.#owner !== undefined) this.relayTo(this.#owner);
  }

  dropCopy(): void {
    this.#copy?.drop();
  }

  /** Serves again, from the sealed copy if there still is one. */
  reclaim(): void {
    this.#late?.stop();
    this.#late = undefined;
    this.#isLate = false;
    this.#copy?.restore();
    this.#copy = undefined;
    this.#owner = undefined;
  }

  connected(): void {}

  firstData(connection: Connection): void {
    this.#late?.used(connection);
  }

  closed(connection: Connection, reason: CloseReason): void {
    if (reason.kind !== "exported") this.#stream?.forget(connection);
  }

  #startLate(): void {
    const { secure, clock, feed } = this.#context;
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    this.#late = new LatePhase({
      secure,
      clock,
      complete: (connection) => {
        if (this.#context.gate.mode !== "late") return;
        this.#complete.push(connection);
        feed({ type: "late-connection", attempt });
      },
      drained: () => feed({ type: "late-drained", attempt }),
    });
  }
}
