import { findObstacle, findUnready, type Request } from "./checks.ts";
import type { Observation, SetView } from "./observation.ts";
import { act, refuse, type Step } from "./step.ts";
import { onlySet, planAlone, targetOf, wait } from "./switch-plan.ts";
import { underWay } from "./update0-plan.ts";

/** Rolling update in place: one pod after the other, each loses its sessions. */
export function planUpdate(observation: Observation, request: Request): Step {
  const obstacle = findObstacle(observation);
  if (obstacle !== undefined) return obstacle;
  const only = onlySet(observation);
  if (only === undefined) {
    const target = targetOf(observation);
    return refuse(
      target === undefined
        ? "both colours have a statefulset: update changes one; run update0, or delete the one that shall not serve"
        : underWay(target.activity ?? "update0", target, target.activity ?? "update0"),
    );
  }
  if (only.isEnding) return wait(observation, only, "end");
  if (only.activity === "update0" || only.activity === "rollback") {
    return refuse(underWay(only.activity, only, only.activity));
  }
  return planOne(observation, only, request);
}

function planOne(observation: Observation, only: SetView, request: Request): Step {
  const { image } = request;
  if (image === undefined) return refuse("update needs --image: the image that the pods shall run");
  if (image !== only.image) {
    if (request.hasBegun) {
      return refuse(
        `somebody changed the image of ${only.name} to ${only.image} meanwhile: nothing more was done`,
      );
    }
    const isRolling = only.activity === "update";
    const unready = isRolling
      ? undefined
      : findUnready(observation, only, "a roll-out would take pods from those that still serve");
    return unready ?? setImage(only, image, isRolling ? only.previousImage : only.image);
  }
  if (only.activity === "update") return planAlone(observation, only);
  return { type: "done", colour: only.colour, message: "runs this image already" };
}

function setImage(only: SetView, image: string, previousImage: string | undefined): Step {
  return act({ type: "set-image", colour: only.colour, image, activity: "update", previousImage });
}
