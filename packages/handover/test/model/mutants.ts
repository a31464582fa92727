import {
  type HandoverInput,
  type HandoverState,
  type Step,
  stepHandover,
} from "../../src/index.ts";
import type { Reducer } from "./world.ts";

/** The machine with one of its rules broken. */
export interface Mutant {
  readonly rule: string;
  /** Start of the name of the scenario that must find it. */
  readonly scenario: string;
  readonly reduce: Reducer;
}

const ignored = (state: HandoverState): Step => ({ state, outputs: [] });

function beforeStep(
  change: (state: HandoverState, input: HandoverInput) => HandoverState,
): Reducer {
  return (state, input) => stepHandover(change(state, input), input);
}

function insteadOf(
  applies: (state: HandoverState, input: HandoverInput) => boolean,
  step: Reducer,
): Reducer {
  return (state, input) =>
    applies(state, input) ? step(state, input) : stepHandover(state, input);
}

function afterStep(
  change: (step: Step, before: HandoverState, input: HandoverInput) => Step,
): Reducer {
  return (state, input) => change(stepHandover(state, input), state, input);
}

/** Lets an owner begin its new term in another generation than the machine chose. */
function servingIn(step: Step, generation: number, end?: number): Step {
  if (step.state.side !== "giver") return step;
  const range = end === undefined ? step.state.range : { next: generation + 1, end };
  return {
    state: { ...step.state, generation, range },
    outputs: step.outputs.map((output) =>
      output.type === "serve" || output.type === "announce-generation"
        ? { ...output, generation }
        : output,
    ),
  };
}

export const MUTANTS: readonly Mutant[] = [
  {
    rule: "a taker serves only after the giver acknowledged",
    scenario: "one taker, both",
    reduce: afterStep((step, before) => {
      if (before.side !== "taker" || before.phase !== "copying") return step;
      if (step.state.side !== "taker" || step.state.phase !== "activating") return step;
      const attempt = { taker: before.self, number: before.attempts };
      return stepHandover(step.state, { type: "activate-accepted", attempt, round: 0 });
    }),
  },
  {
    rule: "a giver that resumes raises its generation",
    scenario: "one taker, both",
    reduce: afterStep((step, before) => {
      const resumes = step.outputs.some((o) => o.type === "serve" && o.origin === "resumed");
      return resumes && before.side === "giver" ? servingIn(step, before.generation) : step;
    }),
  },
  {
    rule: "an activation of an old attempt is refused",
    scenario: "one taker, both",
    reduce: beforeStep((state, input) => {
      if (input.type !== "activate-requested" || state.side !== "giver") return state;
      const holder = state.holders.find((one) => one.attempt === input.attempt.number);
      if (holder === undefined || state.phase !== "serving") return state;
      const { range } = state;
      const grant = { generation: holder.generation, range, spare: range };
      const { address } = holder;
      const attempt = { ...input.attempt, address, grant, rest: range, reserve: range };
      return { ...state, phase: "frozen", attempt };
    }),
  },
  {
    rule: "nobody gets a copy while another one is outstanding",
    scenario: "a second taker",
    reduce: beforeStep((state, input) =>
      input.type === "restore-requested" && state.side === "giver"
        ? { ...state, holders: [] }
        : state,
    ),
  },
  {
    rule: "a taker does not take over because of silence",
    scenario: "one taker, both",
    reduce: insteadOf(
      (state, input) =>
        input.type === "timer" && input.timer === "activate" && state.side === "taker",
      (state) =>
        state.side === "taker" && state.phase === "activating"
          ? stepHandover(state, { type: "peer-dead", id: state.source.id })
          : ignored(state),
    ),
  },
  {
    rule: "a giver seals before it acknowledges",
    scenario: "one taker, both",
    reduce: afterStep((step, before, input) =>
      input.type === "activate-requested" && before.side === "giver" && before.phase === "frozen"
        ? { state: { ...before, phase: "serving", attempt: undefined }, outputs: step.outputs }
        : step,
    ),
  },
  {
    rule: "a sealed giver serves again only when its successor is dead",
    scenario: "one taker, both",
    reduce: insteadOf(
      (state, input) =>
        input.type === "timer" && state.side === "giver" && state.phase === "relaying",
      (state) =>
        state.side === "giver" && state.successor !== undefined
          ? stepHandover(state, { type: "peer-dead", id: state.successor.id })
          : ignored(state),
    ),
  },
  {
    rule: "a half copy is never served",
    scenario: "one taker, both",
    reduce: beforeStep((state, input) =>
      input.type === "peer-dead" && state.side === "taker" && state.phase === "copying"
        ? { ...state, phase: "activating" }
        : state,
    ),
  },
  {
    rule: "an unacknowledged takeover is said aloud",
    scenario: "one taker, both",
    reduce: afterStep((step) => ({
      state: step.state,
      outputs: step.outputs.filter((output) => output.type !== "warn-unacknowledged"),
    })),
  },
  {
    rule: "a frozen giver serves again if nobody activates",
    scenario: "one taker, both",
    reduce: insteadOf(
      (state) => state.side === "giver" && (state.phase === "freezing" || state.phase === "frozen"),
      (state, input) =>
        input.type === "delta-sent" || input.type === "activate-requested"
          ? stepHandover(state, input)
          : ignored(state),
    ),
  },
  {
    rule: "one attempt never runs twice",
    scenario: "one taker, both",
    reduce: beforeStep((state, input) =>
      input.type === "restore-requested" ? { ...state, seen: [] } : state,
    ),
  },
  {
    rule: "who says released has released",
    scenario: "a second taker",
    reduce: insteadOf(
      (state, input) => input.type === "release-requested" && state.side === "taker",
      (state, input) =>
        input.type === "release-requested"
          ? {
              state,
              outputs: [{ type: "answer-release", to: input.from, generation: input.generation }],
            }
          : ignored(state),
    ),
  },
  {
    rule: "an owner that slept asks who else holds a copy",
    scenario: "one taker, sleepers",
    reduce: insteadOf(
      (state, input) =>
        input.type === "woke-up" && state.side === "giver" && state.phase !== "relaying",
      ignored,
    ),
  },
  {
    rule: "an owner in doubt does not trust in the death of a holder",
    scenario: "a sleeper",
    reduce: insteadOf(
      (state, input) =>
        input.type === "peer-dead" && state.side === "giver" && state.phase === "doubtful",
      (state, input) => {
        if (input.type !== "peer-dead" || state.side !== "giver") return ignored(state);
        const generation = state.holders.find((holder) => holder.id === input.id)?.generation ?? -1;
        return stepHandover(state, { type: "copy-released", from: input.id, generation });
      },
    ),
  },
  {
    rule: "a taker that slept gives up what may lie in its buffers",
    scenario: "one taker, sleepers",
    reduce: insteadOf(
      (state, input) => input.type === "woke-up" && state.side === "taker",
      ignored,
    ),
  },
  {
    rule: "an answer from before a pause does not count",
    scenario: "one taker, sleepers",
    reduce: beforeStep((state, input) =>
      input.type === "activate-accepted" && state.side === "taker"
        ? { ...state, round: input.round }
        : state,
    ),
  },
  {
    rule: "after a pause only a fresh acknowledgement counts",
    scenario: "one taker, sleepers",
    reduce: beforeStep((state) => (state.side === "taker" ? { ...state, isAwake: true } : state)),
  },
  {
    rule: "the exceptional outcomes write in ranges of their own",
    scenario: "one taker, the living",
    reduce: afterStep((step, before) => {
      const isException = step.outputs.some((output) => output.type === "warn-unacknowledged");
      if (!isException || before.side !== "taker" || before.grant === undefined) return step;
      return servingIn(step, before.grant.range.next, before.grant.range.end);
    }),
  },
  {
    rule: "a sealed copy does not outlive its lease",
    scenario: "the first process is out of touch",
    reduce: insteadOf((_state, input) => input.type === "lease-over", ignored),
  },
  {
    rule: "only an owner claims a generation",
    scenario: "the first process asks",
    reduce: afterStep((step, before, input) => {
      if (input.type !== "release-requested" || before.side !== "giver") return step;
      const { successor } = before;
      if (successor === undefined || successor.id === input.from.id) return step;
      const { generation } = successor;
      return {
        ...step,
        outputs: [...step.outputs, { type: "announce-generation", generation }],
      };
    }),
  },
  {
    rule: "an owner yields to a higher generation",
    scenario: "one taker, the living",
    reduce: insteadOf(
      (state, input) => input.type === "ping-seen" && state.side === "giver",
      ignored,
    ),
  },
];
