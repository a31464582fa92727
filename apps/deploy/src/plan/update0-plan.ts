import {
  awaitLeftovers,
  explainTwoColours,
  findObstacle,
  findUnready,
  type Request,
} from "./checks.ts";
import {
  COLOURS,
  isRelaying,
  livingPods,
  type Observation,
  otherColour,
  readyCount,
  type SetView,
} from "./observation.ts";
import { act, refuse, type Step } from "./step.ts";
import { onlySet, planSwitch, sourceOf, targetOf, wait } from "./switch-plan.ts";

/** Blue/green update: the next step from whatever the cluster shows, so that interruptions need no memory. */
export function planUpdate0(observation: Observation, request: Request): Step {
  const obstacle = findObstacle(observation);
  if (obstacle !== undefined) return obstacle;
  const only = onlySet(observation);
  if (only !== undefined) return planFromOne(observation, only, request);
  const target = targetOf(observation);
  return target === undefined
    ? planFromStrangers(observation, request)
    : planResumed(observation, target, request);
}

function planFromOne(observation: Observation, only: SetView, request: Request): Step {
  if (only.isEnding) return wait(observation, only, "end");
  if (only.activity === "rollback") return refuse(underWay("rollback", only, "rollback"));
  if (only.activity === "update") return refuse(underWay("update", only, "update"));
  if (only.activity === "update0") return planSwitch(observation, only, true);
  const isWanted = request.image === undefined || request.image === only.image;
  if (request.hasBegun && isWanted) {
    return { type: "done", colour: only.colour, message: "updated" };
  }
  const unready = findUnready(
    observation,
    only,
    "an update begins only when all are; status tells more",
  );
  return (
    unready ??
    awaitLeftovers(observation, only) ??
    beginSwitch(observation, only, {
      image: request.image ?? only.image,
      activity: "update0",
    })
  );
}

/** Marks the pods that shall give, then creates those that shall take. */
export function beginSwitch(
  observation: Observation,
  only: SetView,
  next: { readonly image: string; readonly activity: "update0" | "rollback" },
): Step {
  const pods = livingPods(observation, only.colour).filter((pod) => !pod.isGiver);
  if (pods.length > 0) return act({ type: "label-pods", pods, isGiver: true });
  return act({
    type: "create-set",
    colour: otherColour(only.colour),
    image: next.image,
    replicas: only.replicas,
    term: only.term + 1,
    activity: next.activity,
    previousImage: only.image,
  });
}

function planResumed(observation: Observation, target: SetView, request: Request): Step {
  const source = sourceOf(observation, target);
  if (target.activity === "rollback") return refuse(underWay("rollback", target, "rollback"));
  if (target.isEnding) return wait(observation, target, "end");
  if (source !== undefined && source.replicas !== target.replicas) {
    return refuse(
      `statefulset ${source.name} has ${source.replicas} replicas and ${target.name} ${target.replicas}: ` +
        "scale them to the same number, then run update0 again",
    );
  }
  if (request.image === undefined || request.image === target.image) {
    return planSwitch(observation, target, request.isDrained[otherColour(target.colour)]);
  }
  const taken = nodesTaken(observation, target);
  if (taken.length === 0) return act({ type: "delete-set", colour: target.colour });
  return refuse(
    `--image "${request.image}": ${target.colour} already serves node ${taken.join(", ")} with ${target.image}: ` +
      "end that update with this image, or run rollback, and then update again",
  );
}

/** Nodes whose connections the target may hold already. */
function nodesTaken(observation: Observation, target: SetView): readonly number[] {
  const news = livingPods(observation, target.colour).filter((pod) => pod.isReady);
  const olds = livingPods(observation, otherColour(target.colour)).filter(
    (pod) => !pod.isReady || isRelaying(pod),
  );
  return [...new Set([...news, ...olds].map((pod) => pod.ordinal))].sort((x, y) => x - y);
}

/** Two sets without marks: a set that is left over from elsewhere goes, as in the seed's script. */
function planFromStrangers(observation: Observation, request: Request): Step {
  const ending = COLOURS.map((colour) => observation.sets[colour]).find((set) => set?.isEnding);
  if (ending !== undefined) return wait(observation, ending, "end");
  const serving = COLOURS.filter((colour) => readyCount(observation, colour) > 0);
  const [live] = serving;
  if (live === undefined || serving.length > 1) return refuse(explainTwoColours(observation));
  const set = observation.sets[live];
  const other = otherColour(live);
  if (set !== undefined && !request.isDrained[other]) return wait(observation, set, "drain");
  return act({ type: "delete-set", colour: other });
}

export function underWay(what: string, target: SetView, remedy: string): string {
  return `a ${what} to ${target.colour} (${target.image}) is under way: run ${remedy} to end it`;
}
