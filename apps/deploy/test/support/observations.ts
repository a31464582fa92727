import type { Colour, Observation, PodView, SetView } from "../../src/plan/observation.ts";

export function setOf(colour: Colour, change: Partial<SetView> = {}): SetView {
  return {
    colour,
    name: `server-${colour}`,
    replicas: 3,
    image: "server:1",
    term: 1,
    activity: undefined,
    previousImage: undefined,
    isEnding: false,
    faults: [],
    problem: undefined,
    ...change,
  };
}

export function podOf(colour: Colour, ordinal: number, change: Partial<PodView> = {}): PodView {
  return {
    name: `server-${colour}-${ordinal}`,
    uid: `${colour}${ordinal}`,
    colour,
    ordinal,
    image: "server:1",
    isReady: true,
    isEnding: false,
    isGiver: false,
    isRunning: true,
    phase: "serving",
    relayed: 0,
    problem: undefined,
    ...change,
  };
}

/** One colour that serves completely. */
export function installed({
  colour = "a" as Colour,
  image = "server:1",
  replicas = 3,
}): Observation {
  const pods = Array.from({ length: replicas }, (_, ordinal) => podOf(colour, ordinal, { image }));
  return { sets: { [colour]: setOf(colour, { image, replicas }) }, pods };
}
