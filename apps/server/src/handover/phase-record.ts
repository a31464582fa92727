import { performance } from "node:perf_hooks";
import type { Phase } from "@dtls-cluster/handover";
import type { Logger } from "../log.ts";
import type { GiverFigures } from "./giver-side.ts";
import type { TakerFigures } from "./taker-side.ts";

/** Phases that come again and again while a process waits. */
const WAITING: ReadonlySet<Phase> = new Set(["joining", "standby"]);

/** Which phase a process is in, how long it was in each, and what its handovers cost; for log and metrics. */
export class PhaseRecord {
  readonly #log: Logger;
  readonly #seconds: Map<Phase, number> = new Map();
  readonly #count: Map<Phase, number> = new Map();
  #phase: Phase;
  #since = performance.now();
  #lastWait = "";
  readonly #warnings: Map<string, number> = new Map();
  #freezeSeconds = 0;

  constructor(phase: Phase, log: Logger) {
    this.#phase = phase;
    this.#log = log;
    this.#count.set(phase, 1);
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Of the last handover; 0 when there was none. */
  get freezeSeconds(): number {
    return this.#freezeSeconds;
  }

  enter(phase: Phase, reason: string): void {
    const now = performance.now();
    const ms = now - this.#since;
    this.#seconds.set(this.#phase, (this.#seconds.get(this.#phase) ?? 0) + ms / 1000);
    this.#count.set(phase, (this.#count.get(phase) ?? 0) + 1);
    this.#since = now;
    const before = this.#phase;
    this.#phase = phase;
    const line = { event: "handover-phase", phase, reason, before, ms: round(ms) };
    // A process that waits says why only once.
    const isRepeated = WAITING.has(phase) && (phase === "joining" || reason === this.#lastWait);
    if (phase === "standby") this.#lastWait = reason;
    if (isRepeated) this.#log.debug(line, `handover: ${phase} (${reason})`);
    else this.#log.info(line, `handover: ${phase} (${reason})`);
  }

  given(figures: GiverFigures): void {
    this.#freezeSeconds = figures.freezeMs / 1000;
    this.#log.info(
      {
        event: "handed-over",
        ...figures,
        preCopyMs: round(figures.preCopyMs),
        freezeMs: round(figures.freezeMs),
      },
      `handed ${figures.connections} connections over, ${figures.bytes} bytes, ${round(figures.freezeMs)} ms without service`,
    );
  }

  taken(figures: TakerFigures): void {
    this.#log.info(
      {
        event: "took-over",
        ...figures,
        copyMs: round(figures.copyMs),
        deltaMs: round(figures.deltaMs),
        activateMs: round(figures.activateMs),
      },
      `took ${figures.connections} connections over, ${figures.bytes} bytes in ${round(figures.copyMs)} ms`,
    );
  }

  /** Seconds in each phase so far, the present one included. */
  seconds(): Readonly<Record<string, number>> {
    const all: Record<string, number> = Object.fromEntries(this.#seconds);
    all[this.#phase] = (all[this.#phase] ?? 0) + (performance.now() - this.#since) / 1000;
    return all;
  }

  /** Something happened that an operator shall know. */
  warned(event: string): void {
    this.#warnings.set(event, (this.#warnings.get(event) ?? 0) + 1);
  }

  /** How often each of those happened. */
  warnings(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#warnings);
  }

  /** How often each phase was entered. */
  entries(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#count);
  }
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
