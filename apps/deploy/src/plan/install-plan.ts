import { findObstacle, type Request } from "./checks.ts";
import type { Observation, SetView } from "./observation.ts";
import { act, refuse, type Step } from "./step.ts";
import { isComplete, onlySet, wait } from "./switch-plan.ts";

export interface InstallRequest extends Request {
  /** Undefined: as many as there are, or the manifest's number. */
  readonly replicas: number | undefined;
  readonly defaultReplicas: number;
}

/** The first statefulset, its size, and that it gets ready. Running it again changes nothing. */
export function planInstall(observation: Observation, request: InstallRequest): Step {
  const { a, b } = observation.sets;
  if (a === undefined && b === undefined) return create(request);
  const obstacle = findObstacle(observation);
  if (obstacle !== undefined) return obstacle;
  const only = onlySet(observation);
  if (only === undefined || only.activity !== undefined) {
    const what = only?.activity ?? a?.activity ?? b?.activity ?? "update0";
    return refuse(`an update is under way: run ${what} to end it, then install`);
  }
  if (only.isEnding) return wait(observation, only, "end");
  return planExisting(observation, only, request);
}

function create(request: InstallRequest): Step {
  const { image } = request;
  if (image === undefined)
    return refuse("install needs --image: the image that the pods shall run");
  return act({
    type: "create-set",
    colour: "a",
    image,
    replicas: request.replicas ?? request.defaultReplicas,
    term: 1,
    activity: undefined,
    previousImage: undefined,
  });
}

function planExisting(observation: Observation, only: SetView, request: InstallRequest): Step {
  const { image, replicas = only.replicas } = request;
  if (image !== undefined && image !== only.image) {
    return refuse(
      `--image "${image}": ${only.colour} is installed with ${only.image}; update0 changes that without losing sessions`,
    );
  }
  if (replicas < only.replicas) {
    return refuse(
      `--replicas "${replicas}": ${only.name} has ${only.replicas}, and the sessions of the nodes that go would be lost; ` +
        "kubectl scale does it all the same",
    );
  }
  if (replicas > only.replicas) return act({ type: "scale", colour: only.colour, replicas });
  if (!isComplete(observation, only)) return wait(observation, only, "ready");
  return { type: "done", colour: only.colour, message: "installation ready" };
}
