import type { Progress } from "../plan/step.ts";

export interface Patience {
  /** Longest time without any progress towards ready. */
  readonly readyMs: number;
  /** Longest time with the same reason why a pod does not get ready. */
  readonly problemMs: number;
}

/** Decides when waiting is over, and what to say then. */
export class ProblemWatch {
  readonly #patience: Patience;
  readonly #since: Map<string, number> = new Map();
  #progressAt: number;
  #readySeen = -1;

  constructor(patience: Patience, now: number) {
    this.#patience = patience;
    this.#progressAt = now;
  }

  progressed(now: number): void {
    this.#progressAt = now;
  }

  /** Feeds what is waited for; returns the reason to give up. */
  judge(progress: Progress, now: number): string | undefined {
    if (progress.reason === "drain" || progress.targetReady > this.#readySeen) {
      this.#readySeen = progress.targetReady;
      this.#progressAt = now;
    }
    const lasting = this.#lastingProblems(progress, now);
    if (lasting.length > 0) return describeFailure(progress, lasting);
    if (now - this.#progressAt < this.#patience.readyMs) return undefined;
    const seconds = Math.round(this.#patience.readyMs / 1000);
    return describeFailure(progress, [`${whatIsMissing(progress)} for ${seconds} s (--timeout)`]);
  }

  #lastingProblems(progress: Progress, now: number): readonly string[] {
    const present = new Set(progress.problems.map(({ about }) => about));
    for (const about of this.#since.keys()) if (!present.has(about)) this.#since.delete(about);
    const lasting = progress.problems.filter(({ about, isFinal }) => {
      const since = this.#since.get(about) ?? now;
      this.#since.set(about, since);
      return isFinal || now - since >= this.#patience.problemMs;
    });
    return lasting.map(({ about, text }) => `${about}: ${text}`);
  }
}

function whatIsMissing({ reason, source, target, targetReady, wanted }: Progress): string {
  if (reason === "handover") {
    return `${target} is ready, but ${source} still reports ready pods: ${target} did not take over from them`;
  }
  if (reason === "end") return "pods that were deleted have not gone";
  return `${target} stays at ${targetReady} of ${wanted} ready`;
}

function describeFailure(progress: Progress, reasons: readonly string[]): string {
  const { source, target, sourceReady, targetReady } = progress;
  const shown = reasons.slice(0, 3).join("; ");
  const more = reasons.length > 3 ? `; and ${reasons.length - 3} more` : "";
  if (source === undefined) return `${target} does not get ready: ${shown}${more}`;
  const serving =
    targetReady === 0
      ? `${source} goes on serving (${sourceReady} ready)`
      : `${source} serves ${sourceReady}, ${target} ${targetReady}`;
  return `${target} does not get ready: ${shown}${more}. ${serving}; mend it and run the same again, or run rollback`;
}
