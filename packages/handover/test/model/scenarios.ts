import { createOwner, createTaker } from "../../src/index.ts";
import type { Scenario } from "./explore.ts";
import type { Budget, Process } from "./world.ts";

const NO_FAULTS: Budget = { crashes: 0, pauses: 0, mistakes: 0, lies: 0, takeBacks: 0, ghosts: 1 };

function owner(index: number): Process {
  const own = { lineage: 0, version: 0 };
  return { status: "up", machine: createOwner(`p${index}`), own, incoming: undefined };
}

function taker(index: number, source: number, status: Process["status"] = "up"): Process {
  const machine = createTaker(`p${index}`, { id: `p${source}`, address: `p${source}` });
  return { status, machine, own: undefined, incoming: undefined };
}

const BASE = { maxAttempts: 2, maxStates: 250_000, rules: "truthful" } as const;

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
    processes: [owner(0), taker(1, 0), taker(2, 1, "unborn")],
    budget: { ...NO_FAULTS, crashes: 1 },
    maxAttempts: 3,
  },
  {
    ...BASE,
    name: "rollback to the old process",
    processes: [owner(0), taker(1, 0)],
    budget: { ...NO_FAULTS, crashes: 2, takeBacks: 2 },
    maxAttempts: 3,
  },
  {
    ...BASE,
    name: "one taker, sleepers called dead",
    rules: "sleepers",
    processes: [owner(0), taker(1, 0)],
    budget: { ...NO_FAULTS, crashes: 1, pauses: 2, mistakes: 2 },
  },
  {
    ...BASE,
    name: "one taker, the living called dead",
    rules: "liars",
    processes: [owner(0), taker(1, 0)],
    budget: { ...NO_FAULTS, crashes: 1, lies: 2 },
  },
];
