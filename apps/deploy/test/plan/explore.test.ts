import { describe, expect, it } from "vitest";
import type { Request } from "../../src/plan/checks.ts";
import {
  livingPods,
  type Observation,
  otherColour,
  type PodView,
} from "../../src/plan/observation.ts";
import { planRollback } from "../../src/plan/rollback-plan.ts";
import { simulateAction, simulateEvents } from "../../src/plan/simulate.ts";
import type { Step } from "../../src/plan/step.ts";
import { planUpdate0 } from "../../src/plan/update0-plan.ts";
import { installed } from "../support/observations.ts";

type Planner = (observation: Observation, request: Request) => Step;

const NODES = 3;
const OLD = "server:1";
const NEW = "server:2";
const BROKEN = "server:broken";
/** Its node 1 runs and never takes over. */
const LAME = "server:lame";

/** A namespace, and the run of a command in it. A run that was killed and one that begins are the same. */
interface World {
  readonly observation: Observation;
  readonly hasBegun: boolean;
  readonly isOver: boolean;
}

const fitness = {
  runs: (pod: PodView) => pod.image !== BROKEN,
  serves: (pod: PodView) => pod.image !== LAME || pod.ordinal !== 1,
};
const drained = (_: Observation): Request["isDrained"] => ({ a: true, b: true });

function keyOf(world: World): string {
  const pods = [...world.observation.pods].sort((left, right) =>
    `${left.name}${left.isEnding}`.localeCompare(`${right.name}${right.isEnding}`),
  );
  return JSON.stringify([world.observation.sets, pods, world.hasBegun, world.isOver]);
}

/** As the loop that runs a plan does it: see run-plan.ts. */
function advance(world: World, planner: Planner, image: string | undefined): World | undefined {
  const { observation } = world;
  const isDrained = drained(observation);
  const step = planner(observation, { image, hasBegun: world.hasBegun, isDrained });
  if (step.type === "done") return { ...world, isOver: true };
  if (step.type === "refuse") return undefined;
  if (step.type === "wait") {
    const hasBegun = world.hasBegun || step.progress.source !== undefined;
    return hasBegun === world.hasBegun ? undefined : { ...world, hasBegun };
  }
  const begins = ["create-set", "turn-round", "set-image", "complete"].includes(step.action.type);
  return {
    observation: simulateAction(observation, step.action),
    hasBegun: world.hasBegun || begins,
    isOver: false,
  };
}

/** The processes that hold the connections of a node. */
function holders(observation: Observation, ordinal: number): readonly PodView[] {
  return observation.pods.filter(
    (pod) => pod.ordinal === ordinal && pod.phase === "serving" && !pod.isEnding,
  );
}

function checkInvariants(observation: Observation): void {
  for (let node = 0; node < NODES; node += 1) {
    const holding = holders(observation, node);
    expect(
      holding.length,
      `node ${node} has exactly one owner: ${keyOf({ observation, hasBegun: false, isOver: false })}`,
    ).toBe(1);
  }
}

interface Turn {
  readonly planner: Planner;
  readonly image: string | undefined;
}

/** Visits every state that can be reached while `turns` are run, each killed at any moment for the next. */
function explore(
  start: Observation,
  turns: readonly Turn[],
): Map<string, World & { turn: number }> {
  const seen = new Map<string, World & { turn: number }>();
  const queue: (World & { turn: number })[] = [
    { observation: start, hasBegun: false, isOver: false, turn: 0 },
  ];
  for (let world = queue.pop(); world !== undefined; world = queue.pop()) {
    const key = `${world.turn} ${keyOf(world)}`;
    if (seen.has(key)) continue;
    seen.set(key, world);
    checkInvariants(world.observation);
    const { turn } = world;
    const now = turns[turn];
    if (now !== undefined && !world.isOver) {
      const next = advance(world, now.planner, now.image);
      if (next !== undefined) queue.push({ ...next, turn });
    }
    for (const observation of simulateEvents(world.observation, fitness)) {
      queue.push({ ...world, observation });
    }
    // The kill, and the next command.
    if (turn + 1 < turns.length) {
      queue.push({
        observation: world.observation,
        hasBegun: false,
        isOver: false,
        turn: turn + 1,
      });
    }
    // The same command anew. Once all is done that is another update, and no interruption.
    const { a, b } = world.observation.sets;
    const isUnderWay = (a ?? b)?.activity !== undefined || (a !== undefined && b !== undefined);
    if (world.hasBegun && isUnderWay) queue.push({ ...world, hasBegun: false });
  }
  return seen;
}

/** Lets the command and the cluster go on by turns until nothing moves. */
function finish(world: World, turn: Turn): World {
  let now = world;
  for (let round = 0; round < 200; round += 1) {
    const [event] = simulateEvents(now.observation, fitness);
    if (event !== undefined) now = { ...now, observation: event };
    const next = now.isOver ? undefined : advance(now, turn.planner, turn.image);
    if (next !== undefined) now = next;
    if (event === undefined && next === undefined) return now;
  }
  throw new Error(`does not settle: ${keyOf(now)}`);
}

describe("update0, killed at any moment and started again", () => {
  const start = installed({ colour: "a", image: OLD, replicas: NODES });
  const states = explore(start, [{ planner: planUpdate0, image: NEW }]);

  it("ends with the new colour alone, from every state", () => {
    expect(states.size).toBeGreaterThan(100);
    for (const { observation, isOver } of states.values()) {
      if (isOver) continue;
      const end = finish(
        { observation, hasBegun: false, isOver: false },
        { planner: planUpdate0, image: NEW },
      );
      const set = end.observation.sets.b ?? end.observation.sets.a;
      expect(end.isOver).toBe(true);
      expect(set).toMatchObject({ image: NEW, replicas: NODES, activity: undefined });
      const { colour } = set ?? { colour: "a" };
      expect(end.observation.sets[otherColour(colour)]).toBeUndefined();
      expect(livingPods(end.observation, colour).filter((pod) => pod.isReady)).toHaveLength(NODES);
    }
  });
});

describe("rollback", () => {
  const start = installed({ colour: "a", image: OLD, replicas: NODES });

  it.each([NEW, BROKEN, LAME])(
    "ends with the old image, from every state of an update to %s",
    (image) => {
      const states = explore(start, [
        { planner: planUpdate0, image },
        { planner: planRollback, image: undefined },
      ]);
      let rolledBack = 0;
      for (const { observation, turn } of states.values()) {
        if (turn !== 1) continue;
        const end = finish(
          { observation, hasBegun: false, isOver: false },
          { planner: planRollback, image: undefined },
        );
        const set = end.observation.sets.a ?? end.observation.sets.b;
        if (set?.activity === undefined && !end.isOver) continue; // nothing had begun: refused
        expect(end.isOver).toBe(true);
        rolledBack += 1;
        expect([OLD, NEW]).toContain(set?.image);
        expect(set).toMatchObject({ replicas: NODES, activity: undefined });
      }
      expect(rolledBack).toBeGreaterThan(image === BROKEN ? 50 : 200);
    },
  );
});
