import {
  awaitLeftovers,
  explainTwoColours,
  findObstacle,
  findUnready,
  type Request,
} from "./checks.ts";
import { type Observation, otherColour, type SetView } from "./observation.ts";
import { act, refuse, type Step } from "./step.ts";
import { onlySet, planAlone, planSwitch, sourceOf, targetOf, wait } from "./switch-plan.ts";
import { beginSwitch } from "./update0-plan.ts";

/**
 * Back to the colour, or the image, that served before. An unfinished update turns round: pods that gave
 * their connections away are replaced by new ones that take them back. A finished one is an update to the
 * earlier image.
 */
export function planRollback(observation: Observation, request: Request): Step {
  const obstacle = findObstacle(observation);
  if (obstacle !== undefined) return obstacle;
  const only = onlySet(observation);
  if (only !== undefined) return planFromOne(observation, only, request);
  const target = targetOf(observation);
  if (target === undefined) return refuse(explainTwoColours(observation));
  if (target.isEnding) return wait(observation, target, "end");
  if (target.activity === "rollback") {
    return planSwitch(observation, target, request.isDrained[otherColour(target.colour)]);
  }
  return turnRound(observation, target, request);
}

function turnRound(observation: Observation, target: SetView, request: Request): Step {
  const source = sourceOf(observation, target);
  if (source === undefined || source.isEnding) return wait(observation, target, "end");
  if (request.image !== undefined && request.image !== source.image) {
    return refuse(
      `--image "${request.image}": the update to ${target.colour} is not finished, so only ${source.image} of ` +
        `${source.colour} can be gone back to; leave --image out`,
    );
  }
  return act({
    type: "turn-round",
    colour: source.colour,
    term: target.term + 1,
    activity: "rollback",
  });
}

function planFromOne(observation: Observation, only: SetView, request: Request): Step {
  if (only.isEnding) return wait(observation, only, "end");
  if (only.activity === "rollback") return planAlone(observation, only);
  if (only.activity === "update") return rollOutBack(only, request);
  if (request.hasBegun) return { type: "done", colour: only.colour, message: "rolled back" };
  const image = request.image ?? only.previousImage;
  if (image === undefined) {
    return refuse(`no earlier image is recorded at statefulset ${only.name}: give it by --image`);
  }
  const remedy = `what is not ready cannot hand back; update --image ${image} replaces pods in place and loses their sessions`;
  return (
    findUnready(observation, only, remedy) ??
    awaitLeftovers(observation, only) ??
    beginSwitch(observation, only, { image, activity: "rollback" })
  );
}

/** A roll-out that does not end: the earlier image again, in place. */
function rollOutBack(only: SetView, request: Request): Step {
  const image = request.image ?? only.previousImage;
  if (image === undefined) {
    return refuse(`no earlier image is recorded at statefulset ${only.name}: give it by --image`);
  }
  return act({
    type: "set-image",
    colour: only.colour,
    image,
    activity: "rollback",
    previousImage: only.image,
  });
}
