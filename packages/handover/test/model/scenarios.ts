import { createOwner, createTaker } from "../../src/index.ts";
import type { Scenario } from "./explore.ts";
import type { Budget, Process } from "./world.ts";

export const NO_FAULTS: Budget = {
  crashes: 0,
  pauses: 0,
  mistakes: 0,
  lies: 0,
  takeBacks: 0,
  losses: 0,
  questions: 0,
  ghosts: 1,
};

export function owner(index: number): Process {
  const own = { lineage: 0, version: 0 };
  return { status: "up", machine: createOwner(`p${index}`), own, incoming: undefined };
}

export function taker(index: number, source: number, status: Process["status"] = "up"): Process {
  const machine = createTaker(`p${index}`, { id: `p${source}`, address: `p${source}` });
  return { status, machine, own: undefined, incoming: undefined };
}

const WHOLE_COPY = [
  "p1 group-ready",
  "p0 restore-requested",
  "p0 copy-drained",
  "p0 delta-sent",
  "p1 stream-opened",
  "p1 copy-complete",
];

export const BASE = { prelude: [], maxAttempts: 2, rules: "truthful" } as const;

export const SCENARIOS: readonly Scenario[] = [
  {
    ...BASE,
    name: "one taker, both may die",
    processes: [owner(0), taker(1, 0)],
    budget: { ...NO_FAULTS, crashes: 2 },
    maxAttempts: 3,
  },
  {
    ...BASE,
    name: "two takers at once, anybody may die",
    processes: [owner(0), taker(1, 0), taker(2, 0)],
    budget: { ...NO_FAULTS, crashes: 2 },
    maxAttempts: 1,
  },
  {
    ...BASE,
    name: "the taker is replaced, then the chain goes on",
    processes: [owner(0), taker(1, 0), taker(2, 1, "absent")],
    budget: { ...NO_FAULTS, crashes: 1 },
    maxAttempts: 3,
    maxDepth: 13,
  },
  {
    ...BASE,
    name: "the first process is out of touch when the chain goes on",
    processes: [owner(0), taker(1, 0), taker(2, 1, "absent")],
    prelude: [...WHOLE_COPY, "p0 activate-requested", "p1 activate-accepted", "p0 late-drained"],
    budget: { ...NO_FAULTS, crashes: 2, losses: 1, ghosts: 0 },
    maxAttempts: 1,
  },
  {
    ...BASE,
    name: "the first process asks its successor when the chain goes on",
    processes: [owner(0), taker(1, 0), taker(2, 1, "absent")],
    prelude: [...WHOLE_COPY, "p0 activate-requested", "p1 activate-accepted", "p0 late-drained"],
    budget: { ...NO_FAULTS, crashes: 1, questions: 2, ghosts: 0 },
    maxAttempts: 1,
  },
  {
    ...BASE,
    name: "rollback to the old process",
    processes: [owner(0), taker(1, 0)],
    budget: { ...NO_FAULTS, crashes: 2, takeBacks: 2 },
    maxAttempts: 3,
    maxDepth: 18,
  },
  {
    ...BASE,
    name: "a second taker after a failed attempt",
    processes: [owner(0), taker(1, 0), taker(2, 0)],
    prelude: [...WHOLE_COPY, "p0 freeze"],
    budget: { ...NO_FAULTS, crashes: 1, ghosts: 0 },
    maxDepth: 13,
  },
  {
    ...BASE,
    name: "a sleeper is succeeded twice",
    rules: "sleepers",
    processes: [owner(0), taker(1, 0), taker(2, 1, "absent")],
    prelude: [...WHOLE_COPY, "p0 pauses", "p1 peer-dead"],
    budget: { ...NO_FAULTS, crashes: 1, pauses: 1, mistakes: 1, ghosts: 0 },
    maxAttempts: 1,
  },
  {
    ...BASE,
    name: "one taker, sleepers called dead",
    rules: "sleepers",
    processes: [owner(0), taker(1, 0)],
    budget: { ...NO_FAULTS, crashes: 1, pauses: 2, mistakes: 2 },
    maxDepth: 15,
  },
  {
    ...BASE,
    name: "one taker, the living called dead",
    rules: "liars",
    processes: [owner(0), taker(1, 0)],
    budget: { ...NO_FAULTS, crashes: 1, lies: 2 },
  },
];
