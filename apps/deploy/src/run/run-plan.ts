import { DeployError, KubeError, UsageError } from "../errors.ts";
import type { Request } from "../plan/checks.ts";
import { COLOURS, type Colour, type Observation } from "../plan/observation.ts";
import { type DrainPolicy, drainedBy, type RelayWatch, watchRelays } from "../plan/relay-watch.ts";
import type { Action, Progress, Step } from "../plan/step.ts";
import type { Reporter } from "../report/reporter.ts";
import { type Patience, ProblemWatch } from "./problem-watch.ts";

/** The cluster, or a simulation of it. */
export interface Surroundings {
  readonly observe: () => Promise<Observation>;
  readonly perform: (action: Action) => Promise<void>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly reporter: Reporter;
  readonly isDryRun: boolean;
}

export interface RunOptions {
  readonly image: string | undefined;
  readonly intervalMs: number;
  readonly patience: Patience;
  readonly drain: DrainPolicy;
}

export type Planner = (observation: Observation, request: Request) => Step;

/** An action after which the goal reached means done, and not that nothing was to do. */
const BEGINNINGS: ReadonlySet<Action["type"]> = new Set([
  "create-set",
  "turn-round",
  "set-image",
  "scale",
  "complete",
]);

/**
 * Looks, asks the planner, acts or waits, and looks again until the planner is content. What was done
 * before this run began counts as much as what this run did, so an interruption needs no clean-up.
 * @throws UsageError before anything was changed, DeployError afterwards
 */
export class PlanRun {
  readonly #plan: Planner;
  readonly #options: RunOptions;
  readonly #around: Surroundings;
  readonly #startedAt: number;
  readonly #problems: ProblemWatch;
  readonly #relays: { [colour in Colour]?: RelayWatch | undefined } = {};
  #hasBegun = false;
  #hasActed = false;

  constructor(plan: Planner, options: RunOptions, surroundings: Surroundings) {
    this.#plan = plan;
    this.#options = options;
    this.#around = surroundings;
    this.#startedAt = surroundings.now();
    this.#problems = new ProblemWatch(options.patience, this.#startedAt);
  }

  async run(): Promise<void> {
    for (;;) {
      const observation = await this.#patiently(() => this.#around.observe());
      const step = this.#next(observation);
      if (step.type === "done") {
        this.#around.reporter.done(step.colour, step.message, this.#seconds());
        return;
      }
      if (step.type === "refuse") {
        if (this.#hasActed) throw new DeployError(step.problem);
        throw new UsageError(step.problem);
      }
      if (step.type === "act") await this.#act(step.action);
      else await this.#wait(step.progress);
    }
  }

  #next(observation: Observation): Step {
    const { image, drain } = this.#options;
    const now = this.#around.now();
    for (const colour of COLOURS) {
      this.#relays[colour] = watchRelays(this.#relays[colour], observation, colour, now);
    }
    const isDrained = {
      a: drainedBy(this.#relays.a, drain, now) !== undefined,
      b: drainedBy(this.#relays.b, drain, now) !== undefined,
    };
    return this.#plan(observation, { image, hasBegun: this.#hasBegun, isDrained });
  }

  async #act(action: Action): Promise<void> {
    const { reporter, isDryRun } = this.#around;
    if (action.type === "delete-set") this.#reportDrain(action.colour);
    await this.#patiently(() => this.#around.perform(action));
    reporter.action(action, isDryRun);
    this.#hasActed = true;
    this.#hasBegun ||= BEGINNINGS.has(action.type);
    this.#problems.progressed(this.#around.now());
  }

  #reportDrain(colour: Colour): void {
    const { now, reporter } = this.#around;
    const watch = this.#relays[colour];
    const reason = drainedBy(watch, this.#options.drain, now());
    if (watch === undefined || reason === undefined || watch.pods === 0) return;
    reporter.drained(colour, reason, watch.relayed);
    if (reason === "time is up") {
      reporter.warn(
        `${colour} still relayed when --drain-timeout was over: clients whose flows stick to it send again`,
      );
    }
  }

  async #wait(progress: Progress): Promise<void> {
    const { now, reporter, sleep, isDryRun } = this.#around;
    this.#hasBegun ||= progress.source !== undefined;
    if (!isDryRun) reporter.progress(progress, this.#seconds());
    const failure = this.#problems.judge(progress, now());
    if (failure !== undefined) throw new DeployError(failure);
    await sleep(this.#options.intervalMs);
  }

  /** An API server that is away for a while is waited for, as long as for pods. */
  async #patiently<T>(attempt: () => Promise<T>): Promise<T> {
    const { now, reporter, sleep } = this.#around;
    let failedAt: number | undefined;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof KubeError) || !error.isTransient) throw error;
        // Before the first answer it is more likely a wrong address than a pause.
        const isFirst = !this.#hasActed && !this.#hasBegun;
        failedAt ??= now();
        if (isFirst || now() - failedAt > this.#options.patience.readyMs) throw error;
        reporter.warn(`${error.message}; trying again`);
        await sleep(this.#options.intervalMs);
      }
    }
  }

  #seconds(): number {
    return Math.round((this.#around.now() - this.#startedAt) / 1000);
  }
}
