import { constants, getPriority, setPriority } from "node:os";
import type { Phase } from "@dtls-cluster/handover";

/** Phases in which clients wait for this process. */
const URGENT: ReadonlySet<Phase> = new Set(["freeze", "activate"]);

/** Answers and datagrams that waited leave after the phase in which they could not. */
const SETTLE_MS = 10;

/**
 * Has the scheduler prefer this process while clients wait for the handover, where it may ask for that
 * (CAP_SYS_NICE, or root); elsewhere nothing changes. A taker cannot tell when the giver freezes, so it
 * is urgent from the copy on; the giver, which serves meanwhile, only when it has stopped to.
 */
export class Urgency {
  readonly #ordinary = getPriority();
  #isTaker: boolean;
  #settling: NodeJS.Timeout | undefined;
  #isUrgent = false;

  /** @param isTaker whether the process begins as one */
  constructor(isTaker: boolean) {
    this.#isTaker = isTaker;
  }

  enter(phase: Phase): void {
    if (phase === "serving") this.#isTaker = false;
    const isUrgent = URGENT.has(phase) || (this.#isTaker && phase === "pre-copy");
    if (isUrgent === this.#isUrgent) return;
    this.#isUrgent = isUrgent;
    clearTimeout(this.#settling);
    if (isUrgent) prefer(constants.priority.PRIORITY_HIGHEST);
    else this.#settling = setTimeout(() => prefer(this.#ordinary), SETTLE_MS).unref();
  }
}

function prefer(priority: number): void {
  try {
    setPriority(priority);
  } catch {
    // Not permitted: the handover is as fast as any other work.
  }
}
