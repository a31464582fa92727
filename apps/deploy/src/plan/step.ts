import type { Activity, Colour, PodProblem, PodView } from "./observation.ts";

/** One change in the cluster. Each can be repeated, and each leaves a state from which the next one follows. */
export type Action =
  | { readonly type: "label-pods"; readonly pods: readonly PodView[]; readonly isGiver: boolean }
  | {
      readonly type: "create-set";
      readonly colour: Colour;
      readonly image: string;
      readonly replicas: number;
      readonly term: number;
      readonly activity: Activity | undefined;
      readonly previousImage: string | undefined;
    }
  | {
      readonly type: "turn-round";
      readonly colour: Colour;
      readonly term: number;
      readonly activity: Activity;
    }
  | {
      readonly type: "set-image";
      readonly colour: Colour;
      readonly image: string;
      readonly activity: Activity;
      readonly previousImage: string | undefined;
    }
  | { readonly type: "scale"; readonly colour: Colour; readonly replicas: number }
  | { readonly type: "delete-pod"; readonly pod: PodView }
  | { readonly type: "delete-set"; readonly colour: Colour }
  /** The last action: takes the mark of the activity away. */
  | { readonly type: "complete"; readonly colour: Colour };

/** What a command waits for, and how far it is. */
export interface Progress {
  readonly reason: "ready" | "handover" | "drain" | "end";
  /** The colour that others take over from; undefined when there is only one. */
  readonly source: Colour | undefined;
  readonly target: Colour;
  readonly sourceReady: number;
  readonly targetReady: number;
  /** Ready pods the target shall have. */
  readonly wanted: number;
  /** Living pods with the wanted image; only for a roll-out. */
  readonly updated: number | undefined;
  /** Deleted pods of the target's colour that have not gone: new ones wait for their names. */
  readonly ending: number;
  /** What keeps pods of the target from getting ready. */
  readonly problems: readonly (PodProblem & { readonly about: string })[];
}

export type Step =
  | { readonly type: "act"; readonly action: Action }
  | { readonly type: "wait"; readonly progress: Progress }
  | { readonly type: "done"; readonly colour: Colour; readonly message: string }
  /** Nothing may be changed; says what to do instead. */
  | { readonly type: "refuse"; readonly problem: string };

export function act(action: Action): Step {
  return { type: "act", action };
}

export function refuse(problem: string): Step {
  return { type: "refuse", problem };
}
