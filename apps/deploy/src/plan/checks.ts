import {
  COLOURS,
  livingPods,
  type Observation,
  otherColour,
  readyCount,
  type SetView,
} from "./observation.ts";
import { refuse, type Step } from "./step.ts";
import { isComplete, wait } from "./switch-plan.ts";

/** What a planner is told besides what it sees. */
export interface Request {
  /** Undefined: as the command sees fit. */
  readonly image: string | undefined;
  /** This run has begun to change something: the goal reached means done, not "once more". */
  readonly hasBegun: boolean;
  /** By colour: nothing is relayed by its pods any more. */
  readonly isDrained: Readonly<Record<"a" | "b", boolean>>;
}

/** What forbids every command that changes sets; undefined when nothing does. */
export function findObstacle(observation: Observation): Step | undefined {
  const { sets } = observation;
  if (sets.a === undefined && sets.b === undefined) {
    return refuse(
      "nothing is installed in this namespace: run install first, or name another --namespace",
    );
  }
  for (const colour of COLOURS) {
    const set = sets[colour];
    const fault = set?.faults[0];
    if (set !== undefined && fault !== undefined)
      return refuse(`statefulset ${set.name}: ${fault}`);
  }
  return undefined;
}

/** An update begins only from a colour that serves completely. */
export function findUnready(
  observation: Observation,
  set: SetView,
  remedy: string,
): Step | undefined {
  if (set.replicas === 0) {
    return refuse(`statefulset ${set.name} has 0 replicas: scale it to the number of nodes first`);
  }
  if (isComplete(observation, set)) return undefined;
  const pods = livingPods(observation, set.colour);
  const other = pods.find((pod) => pod.image !== set.image);
  if (other !== undefined) {
    return refuse(
      `${other.name} runs ${other.image}, not the image of ${set.name}: wait for the roll-out to end`,
    );
  }
  const problem = pods.find((pod) => pod.problem !== undefined && !pod.isReady);
  const reason = problem === undefined ? "" : ` (${problem.name}: ${problem.problem?.text})`;
  const count = `${set.colour} reports ${readyCount(observation, set.colour)} of ${set.replicas} ready`;
  return refuse(`${count}${reason}: ${remedy}`);
}

/** Pods of a colour whose set is gone are on their way out; the same names are needed. */
export function awaitLeftovers(observation: Observation, set: SetView): Step | undefined {
  const other = otherColour(set.colour);
  if (observation.sets[other] !== undefined || livingPods(observation, other).length === 0) {
    return undefined;
  }
  return wait(observation, set, "end");
}

/** Both sets exist, and nothing says that one updates the other. */
export function explainTwoColours(observation: Observation): string {
  const [a, b] = COLOURS.map((colour) => readyCount(observation, colour));
  return (
    `both colours have a statefulset (a reports ${a}, b reports ${b} ready) and no mark of an update says ` +
    "which one takes over: delete the statefulset that shall not serve, then run it again"
  );
}
