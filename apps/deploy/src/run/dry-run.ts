import type { Observation, PodView } from "../plan/observation.ts";
import { simulateAction, simulateEvents } from "../plan/simulate.ts";
import type { Reporter } from "../report/reporter.ts";
import type { Surroundings } from "./run-plan.ts";

/** The cluster as it would behave if all went well, starting from what it shows now. Nothing is changed. */
export function createDryRun(start: Observation, reporter: Reporter): Surroundings {
  let observation: Observation = { ...start, pods: start.pods.map(guessPhase) };
  let now = 0;
  return {
    observe: async () => observation,
    perform: async (action) => {
      observation = simulateAction(observation, action);
    },
    now: () => now,
    sleep: async (ms) => {
      now += ms;
      const [next] = simulateEvents(observation);
      if (next !== undefined) observation = next;
    },
    reporter,
    isDryRun: true,
  };
}

/** Where metrics cannot be read, readiness tells as much as a rehearsal needs. */
function guessPhase(pod: PodView): PodView {
  if (pod.phase !== undefined) return pod;
  const phase = pod.isReady ? "serving" : pod.isGiver && pod.isRunning ? "relay" : "joining";
  return { ...pod, phase };
}
