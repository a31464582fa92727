import { constants, getPriority, setPriority } from "node:os";
import type { Phase } from "@dtls-cluster/handover";

/** Phases in which clients wait for this process. */
const URGENT: ReadonlySet<Phase> = new Set(["freeze", "activate"]);

/**
 * Has the scheduler prefer this process while clients wait for the handover, where it may ask for that
 * (CAP_SYS_NICE, or root); elsewhere nothing changes. A taker cannot tell when the giver freezes, so it
 * is urgent from the copy on; the giver, which serves meanwhile, only when it has stopped to.
 */
export class Urgency {
  readonly #ordinary = getPriority();
  #isTaker: boolean;
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
    try {
      setPriority(isUrgent ? constants.priority.PRIORITY_HIGHEST : this.#ordinary);
    } catch {
      // Not permitted: the handover is as fast as any other work.
    }
  }
}
