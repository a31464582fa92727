import {
  HANDOVER_DELAYS_MS,
  type HandoverOutput,
  type Peer,
  type RestoreAnswer,
  type ServeOrigin,
  type TimerName,
} from "@dtls-cluster/handover";
import { forgetConnections, type HandoverContext, openGate } from "./context.ts";
import type { GiverSide } from "./giver-side.ts";
import type { PhaseRecord } from "./phase-record.ts";
import type { RestoreCalls } from "./restore-calls.ts";
import type { RestoreService } from "./restore-service.ts";
import type { TakerSide } from "./taker-side.ts";
import { Urgency } from "./urgency.ts";

export interface DecisionSurroundings {
  readonly giver: GiverSide;
  readonly taker: TakerSide;
  readonly phases: PhaseRecord;
  readonly service: () => RestoreService | undefined;
  readonly calls: () => RestoreCalls | undefined;
  /** This process, as the others shall find it. */
  readonly self: () => Peer;
  /** The handshakes in progress end here. */
  readonly isLate: () => boolean;
  readonly onServe: (origin: ServeOrigin) => void;
  readonly onStop: () => void;
}

/** Carries out what the machine decides, each output at once and in order. */
export class Decisions {
  readonly #context: HandoverContext;
  readonly #around: DecisionSurroundings;
  readonly #giver: GiverSide;
  readonly #taker: TakerSide;
  readonly #urgency: Urgency;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: HandoverContext, around: DecisionSurroundings) {
    this.#context = context;
    this.#urgency = new Urgency(context.config.double !== undefined);
    this.#around = around;
    this.#giver = around.giver;
    this.#taker = around.taker;
  }

  carryOut(output: HandoverOutput): void {
    const isDone = this.#answer(output) || this.#give(output) || this.#take(output);
    if (!isDone) this.#manage(output);
  }

  /** What goes to another process as the answer to its question. */
  #answer(output: HandoverOutput): boolean {
    const service = this.#around.service();
    switch (output.type) {
      case "start-stream": {
        const giver = this.#around.self();
        const { copyLeaseMs } = this.#context.config;
        const answer: RestoreAnswer = { giver, grant: output.grant, copyLeaseMs };
        const body = this.#giver.startStream(output.attempt, output.grant, answer);
        service?.answerRestore(answer, body);
        return true;
      }
      case "refuse-restore": {
        const { reason: refused, owner } = output;
        const from = this.#around.self().id;
        service?.answerRestore(owner ? { refused, from, owner } : { refused, from });
        return true;
      }
      case "accept-activation":
      case "refuse-activation":
        service?.answerActivation(output.type === "accept-activation");
        return true;
      case "answer-release":
        service?.answerRelease();
        return true;
      default:
        return false;
    }
  }

  #give(output: HandoverOutput): boolean {
    const giver = this.#giver;
    switch (output.type) {
      case "close-stream":
        giver.closeStream();
        return true;
      case "freeze":
        // Before the phase is reported: the difference is written in between.
        this.#urgency.enter("freeze");
        giver.freeze();
        return true;
      case "send-delta":
        giver.sendDelta();
        return true;
      case "send-end-mark":
        giver.sendEndMark();
        return true;
      case "seal-for-ever": {
        const isLate = this.#around.isLate();
        const figures = giver.figures();
        giver.seal(isLate);
        if (isLate && figures !== undefined) this.#around.phases.given(figures);
        return true;
      }
      case "relay-to":
        giver.relayTo(output.owner);
        return true;
      case "send-late":
        giver.sendLate();
        return true;
      case "end-late":
      case "drop-late":
        giver.endLate();
        return true;
      case "drop-copy":
        giver.dropCopy();
        return true;
      default:
        return false;
    }
  }

  #take(output: HandoverOutput): boolean {
    const taker = this.#taker;
    switch (output.type) {
      case "open-stream":
        taker.openStream(output.attempt, output.from);
        return true;
      case "discard-incoming":
        taker.discard();
        return true;
      case "send-activate":
        taker.activate(output.attempt, output.round, output.to);
        return true;
      case "import-late":
        taker.importLate();
        return true;
      default:
        return false;
    }
  }

  /** What belongs to neither side. */
  #manage(output: HandoverOutput): void {
    const { channel, clock, secure, log } = this.#context;
    switch (output.type) {
      case "set-timer":
        this.#setTimer(output.timer);
        break;
      case "cancel-timer":
        clearTimeout(this.#timer);
        break;
      case "report-phase":
        this.#around.phases.enter(output.phase, output.reason);
        this.#urgency.enter(output.phase);
        break;
      case "ask-release":
        void this.#around.calls()?.askRelease(output.of, output.generation, output.attempt);
        break;
      case "stop":
        this.#around.onStop();
        break;
      case "advance-sequences":
        secure.dtls.advanceSequences(output.firstSequence);
        break;
      case "serve":
        this.#serve(output.origin);
        break;
      case "announce-generation":
        channel.membership.raiseGeneration(output.generation, clock());
        break;
      case "warn-unacknowledged":
      case "warn-reclaimed":
        this.#around.phases.warned(output.type);
        log.warn(
          { event: output.type, generation: output.generation, peer: output.peer },
          "went on alone because the other process is dead: records that it took last cannot be recognised as replays",
        );
        break;
      case "warn-lost":
        this.#around.phases.warned(output.type);
        log.warn(
          { event: output.type, generation: output.generation, peer: output.peer },
          "the process that handed over is out of reach; the lease of its copy has ended, so this node can be handed over again",
        );
        break;
    }
  }

  #serve(origin: ServeOrigin): void {
    if (origin === "reclaimed") this.#giver.reclaim();
    if (origin === "empty") forgetConnections(this.#context);
    const figures = this.#taker.served(origin === "taken");
    openGate(this.#context);
    if (figures !== undefined && (origin === "taken" || origin === "unacknowledged")) {
      this.#around.phases.taken(figures);
    }
    this.#around.onServe(origin);
  }

  #setTimer(timer: TimerName): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#context.feed({ type: "timer", timer }),
      HANDOVER_DELAYS_MS[timer],
    );
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
