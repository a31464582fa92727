import {
  COLOURS,
  type Colour,
  isRelaying,
  livingPods,
  type Observation,
  otherColour,
  type PodView,
  type SetView,
} from "./observation.ts";
import type { Action } from "./step.ts";

/** What an action does to the namespace at once, before anything reacts to it. */
export function simulateAction(observation: Observation, action: Action): Observation {
  switch (action.type) {
    case "label-pods": {
      const names = new Set(action.pods.map((pod) => pod.name));
      const pods = observation.pods.map((pod) =>
        names.has(pod.name) ? { ...pod, isGiver: action.isGiver } : pod,
      );
      return { ...observation, pods };
    }
    case "create-set":
      return withSet(observation, newSet(action, observation));
    case "turn-round": {
      const { term, activity } = action;
      return changeSet(observation, action.colour, { term, activity });
    }
    case "set-image": {
      const { image, activity, previousImage } = action;
      return changeSet(observation, action.colour, { image, activity, previousImage });
    }
    case "scale":
      return changeSet(observation, action.colour, { replicas: action.replicas });
    case "complete":
      return changeSet(observation, action.colour, { activity: undefined });
    case "delete-pod":
      return changePod(observation, action.pod, { isEnding: true, isReady: false });
    case "delete-set": {
      const { [action.colour]: _gone, ...sets } = observation.sets;
      return { ...observation, sets };
    }
  }
}

/** What images are good for. */
export interface Fitness {
  readonly runs: (pod: PodView) => boolean;
  /** Gets as far as taking over. */
  readonly serves: (pod: PodView) => boolean;
}

const ABLE: Fitness = { runs: () => true, serves: () => true };

/**
 * Everything that the cluster may do next, one event each, as the servers and controllers are known to
 * behave. The first one leads towards the end of an update.
 */
export function simulateEvents(
  observation: Observation,
  fitness: Fitness = ABLE,
): readonly Observation[] {
  return [...podEvents(observation, fitness), ...setEvents(observation)];
}

function podEvents(observation: Observation, fitness: Fitness): readonly Observation[] {
  const events: Observation[] = [];
  for (const pod of observation.pods) {
    if (pod.isEnding) {
      events.push({ ...observation, pods: observation.pods.filter((other) => other !== pod) });
    } else if (observation.sets[pod.colour] === undefined) {
      events.push(changePod(observation, pod, { isEnding: true, isReady: false }));
    } else if (!pod.isRunning) {
      if (fitness.runs(pod)) events.push(changePod(observation, pod, { isRunning: true }));
    } else if (pod.phase === "joining") {
      const served = fitness.serves(pod) ? serve(observation, pod) : undefined;
      if (served !== undefined) events.push(served);
    } else if (isRelaying(pod) && pod.isReady) {
      events.push(changePod(observation, pod, { isReady: false }));
    }
  }
  return events;
}

/** A process that joins serves once its group is there: with the connections of its double, or with none. */
function serve(observation: Observation, pod: PodView): Observation | undefined {
  const group = livingPods(observation, pod.colour);
  const replicas = observation.sets[pod.colour]?.replicas ?? 0;
  if (group.filter((member) => member.isRunning).length < replicas) return undefined;
  const double = livingPods(observation, otherColour(pod.colour)).find(
    (other) => other.ordinal === pod.ordinal && other.phase === "serving",
  );
  const serving = changePod(observation, pod, { phase: "serving", isReady: true });
  if (double === undefined || pod.isGiver || !double.isGiver) return serving;
  return changePod(serving, double, { phase: "relay" });
}

function setEvents(observation: Observation): readonly Observation[] {
  const events: Observation[] = [];
  for (const colour of COLOURS) {
    const set = observation.sets[colour];
    if (set === undefined) continue;
    const taken = observation.pods.filter((pod) => pod.colour === colour);
    for (let ordinal = 0; ordinal < set.replicas; ordinal += 1) {
      if (taken.some((pod) => pod.ordinal === ordinal)) continue;
      events.push({ ...observation, pods: [...observation.pods, newPod(set, ordinal)] });
      break;
    }
    const living = livingPods(observation, colour);
    const outdated = living.find((pod) => pod.image !== set.image);
    // A roll-out goes on only when the pods before are ready.
    if (
      outdated !== undefined &&
      living.length === set.replicas &&
      living.every((pod) => pod.isReady)
    ) {
      events.push(changePod(observation, outdated, { isEnding: true, isReady: false }));
    }
  }
  return events;
}

function newSet(
  action: Extract<Action, { type: "create-set" }>,
  observation: Observation,
): SetView {
  const other = observation.sets[otherColour(action.colour)];
  const { type: _type, ...set } = action;
  const name = other === undefined ? action.colour : other.name.replace(/[ab]$/, action.colour);
  return { ...set, name, isEnding: false, faults: [], problem: undefined };
}

function newPod(set: SetView, ordinal: number): PodView {
  return {
    name: `${set.name}-${ordinal}`,
    uid: "simulated",
    colour: set.colour,
    ordinal,
    image: set.image,
    isReady: false,
    isEnding: false,
    isGiver: false,
    isRunning: false,
    phase: "joining",
    relayed: 0,
    problem: undefined,
  };
}

function withSet(observation: Observation, set: SetView): Observation {
  return { ...observation, sets: { ...observation.sets, [set.colour]: set } };
}

function changeSet(
  observation: Observation,
  colour: Colour,
  change: Partial<SetView>,
): Observation {
  const set = observation.sets[colour];
  return set === undefined ? observation : withSet(observation, { ...set, ...change });
}

function changePod(observation: Observation, pod: PodView, change: Partial<PodView>): Observation {
  const pods = observation.pods.map((other) =>
    other.name === pod.name && other.isEnding === pod.isEnding ? { ...other, ...change } : other,
  );
  return { ...observation, pods };
}
