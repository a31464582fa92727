import {
  isRelaying,
  livingPods,
  type Observation,
  otherColour,
  type PodView,
  readyCount,
  type SetView,
} from "./observation.ts";
import { act, type Progress, type Step } from "./step.ts";

/**
 * The next step of a switch to `target`, whose set exists. The same for all that moves connections from
 * one colour to the other: a fresh target (update0, rollback of a finished update), and a target that
 * serves in part and takes back what it gave (rollback of an unfinished update).
 * @param isDrained nothing is relayed by pods of the other colour any more
 */
export function planSwitch(observation: Observation, target: SetView, isDrained: boolean): Step {
  const source = observation.sets[otherColour(target.colour)];
  if (source === undefined) return planAlone(observation, target);
  if (source.isEnding) return wait(observation, target, "end");
  const olds = livingPods(observation, source.colour);
  const news = livingPods(observation, target.colour);
  const pods = olds.filter((pod) => !pod.isGiver && shallGive(pod, doubleOf(pod, news)));
  if (pods.length > 0) return act({ type: "label-pods", pods, isGiver: true });
  const spent = news.find((pod) => hasHandedOver(pod, doubleOf(pod, olds)));
  if (spent !== undefined) return act({ type: "delete-pod", pod: spent });
  if (!isComplete(observation, target)) return wait(observation, target, "ready", source);
  if (olds.some((pod) => pod.isReady)) return wait(observation, target, "handover", source);
  if (!isDrained) return wait(observation, target, "drain", source);
  return act({ type: "delete-set", colour: source.colour });
}

/** The other set is gone: what is left to do when a switch, or a roll-out, ends. */
export function planAlone(observation: Observation, target: SetView): Step {
  const pods = livingPods(observation, target.colour);
  // A roll-out waits for ever for a pod that cannot run, also when the image is corrected.
  const stuck = pods.find((pod) => pod.image !== target.image && !pod.isReady);
  if (stuck !== undefined) return act({ type: "delete-pod", pod: stuck });
  if (!isComplete(observation, target)) return wait(observation, target, "ready");
  const givers = pods.filter((pod) => pod.isGiver);
  if (givers.length > 0) return act({ type: "label-pods", pods: givers, isGiver: false });
  return act({ type: "complete", colour: target.colour });
}

/** All pods of the set are there, with its image, and ready. */
export function isComplete(observation: Observation, set: SetView): boolean {
  const pods = livingPods(observation, set.colour);
  return (
    pods.length === set.replicas && pods.every((pod) => pod.isReady && pod.image === set.image)
  );
}

export function wait(
  observation: Observation,
  target: SetView,
  reason: Progress["reason"],
  source?: SetView,
): Step {
  const pods = livingPods(observation, target.colour);
  const updated = pods.filter((pod) => pod.image === target.image).length;
  const problems = pods
    .filter((pod) => !pod.isReady)
    .flatMap(({ name, problem }) => (problem === undefined ? [] : [{ about: name, ...problem }]));
  if (target.problem !== undefined) problems.push({ about: target.name, ...target.problem });
  return {
    type: "wait",
    progress: {
      reason,
      source: source?.colour,
      target: target.colour,
      sourceReady: source === undefined ? 0 : readyCount(observation, source.colour),
      targetReady: pods.filter((pod) => pod.isReady).length,
      wanted: target.replicas,
      updated: updated < pods.length ? updated : undefined,
      ending: observation.pods.filter((pod) => pod.colour === target.colour && pod.isEnding).length,
      problems,
    },
  };
}

function doubleOf(pod: PodView, others: readonly PodView[]): PodView | undefined {
  return others.find((other) => other.ordinal === pod.ordinal);
}

/**
 * A pod must be marked before its double may take over from it. Not marked is one that never took over
 * itself, while its double still serves: once restarted it would begin without connections.
 */
function shallGive(pod: PodView, double: PodView | undefined): boolean {
  return pod.isReady || double === undefined || !double.isGiver;
}

/**
 * The pod gave its connections away and is to take them back: only a new process can. Two signs are
 * asked for, because deleting the pod that still holds the connections would lose them all.
 */
function hasHandedOver(pod: PodView, double: PodView | undefined): boolean {
  return (
    pod.isGiver &&
    double?.isReady === true &&
    double.isGiver &&
    (isRelaying(pod) || (!pod.isReady && pod.phase === undefined))
  );
}

/** The set of the other colour when both exist and an activity of this command tells which one is which. */
export function targetOf(observation: Observation): SetView | undefined {
  const { a, b } = observation.sets;
  if (a === undefined || b === undefined || a.term === b.term) return undefined;
  const target = a.term > b.term ? a : b;
  return target.activity === undefined ? undefined : target;
}

export function onlySet(observation: Observation): SetView | undefined {
  const { a, b } = observation.sets;
  return a !== undefined && b !== undefined ? undefined : (a ?? b);
}

export function sourceOf(observation: Observation, target: SetView): SetView | undefined {
  return observation.sets[otherColour(target.colour)];
}
