import type { Phase } from "@dtls-cluster/handover";

export type Colour = "a" | "b";

/** What this command has under way with a set; kept as an annotation, so that the next run finds it. */
export type Activity = "update0" | "rollback" | "update";

/** Why a pod does not get ready, in words for people. */
export interface PodProblem {
  readonly text: string;
  /** It will not go away by itself: no need to wait any longer. */
  readonly isFinal: boolean;
}

export interface PodView {
  readonly name: string;
  readonly uid: string;
  readonly colour: Colour;
  readonly ordinal: number;
  readonly image: string;
  readonly isReady: boolean;
  /** It has been deleted and only ends its work. */
  readonly isEnding: boolean;
  /** `restore=true`: others may take its connections over, and it takes over from nobody. */
  readonly isGiver: boolean;
  /** The container runs, ready or not. */
  readonly isRunning: boolean;
  /** Phase of the handover, as its metrics tell; undefined when they cannot be read. */
  readonly phase: string | undefined;
  /** Datagrams that it has relayed so far; undefined when its metrics cannot be read. */
  readonly relayed: number | undefined;
  readonly problem: PodProblem | undefined;
}

export interface SetView {
  readonly colour: Colour;
  readonly name: string;
  readonly replicas: number;
  readonly image: string;
  /** Each change of direction raises it: of two sets the higher one is the target. */
  readonly term: number;
  readonly activity: Activity | undefined;
  readonly previousImage: string | undefined;
  readonly isEnding: boolean;
  /** What somebody has edited by hand so that an update cannot work. */
  readonly faults: readonly string[];
  /** Why the set cannot create pods. */
  readonly problem: PodProblem | undefined;
}

/** What the namespace holds at one moment. */
export interface Observation {
  readonly sets: { readonly [colour in Colour]?: SetView };
  readonly pods: readonly PodView[];
}

export const COLOURS: readonly Colour[] = ["a", "b"];

export function otherColour(colour: Colour): Colour {
  return colour === "a" ? "b" : "a";
}

/** Pods of a colour that nobody has deleted, by ordinal. */
export function livingPods(observation: Observation, colour: Colour): readonly PodView[] {
  return observation.pods
    .filter((pod) => pod.colour === colour && !pod.isEnding)
    .sort((left, right) => left.ordinal - right.ordinal);
}

export function readyCount(observation: Observation, colour: Colour): number {
  return livingPods(observation, colour).filter((pod) => pod.isReady).length;
}

const RELAYING: ReadonlySet<string> = new Set<Phase>(["late", "relay", "ended"]);

/** It has handed its connections over. Certain only where metrics can be read. */
export function isRelaying(pod: PodView): boolean {
  return pod.phase !== undefined && RELAYING.has(pod.phase);
}
