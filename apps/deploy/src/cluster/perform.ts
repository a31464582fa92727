import { KubeError } from "../errors.ts";
import type { KubeApi } from "../kube/kube-api.ts";
import {
  Annotation,
  createSet,
  INITIAL_NODES_LABEL,
  RESTORE_LABEL,
  setName,
  type Workload,
} from "../manifests/workload.ts";
import type { Colour } from "../plan/observation.ts";
import type { Action } from "../plan/step.ts";

const CONFLICT = 409;

/**
 * Carries one action out. What somebody else did in the meantime is no error: the next observation shows it.
 * @throws KubeError
 */
export async function perform(api: KubeApi, workload: Workload, action: Action): Promise<void> {
  try {
    await performOnce(api, workload, action);
  } catch (error) {
    if (!(error instanceof KubeError && error.status === CONFLICT)) throw error;
  }
}

async function performOnce(api: KubeApi, workload: Workload, action: Action): Promise<void> {
  const patchSet = (colour: Colour, patch: object) =>
    api.merge("StatefulSet", setName(workload, colour), patch);
  switch (action.type) {
    case "label-pods":
      for (const { name, uid } of action.pods) {
        const labels = { [RESTORE_LABEL]: action.isGiver ? "true" : null };
        // The uid is a condition: a new pod of the same name is another one.
        await api.merge("Pod", name, { metadata: { uid, labels } });
      }
      break;
    case "create-set":
      await api.create("StatefulSet", createSet(workload, action));
      break;
    case "turn-round":
      await patchSet(
        action.colour,
        annotate(action.activity, { [Annotation.term]: `${action.term}` }),
      );
      break;
    case "set-image": {
      const containers = [{ name: workload.container, image: action.image }];
      await api.merge("StatefulSet", setName(workload, action.colour), {
        ...annotate(action.activity, { [Annotation.previousImage]: action.previousImage ?? null }),
        // Pods of two revisions are two groups: the first of the new one must not wait for the others.
        spec: {
          template: { metadata: { labels: { [INITIAL_NODES_LABEL]: "1" } }, spec: { containers } },
        },
      });
      break;
    }
    case "scale":
      await patchSet(action.colour, { spec: { replicas: action.replicas } });
      break;
    case "complete":
      await patchSet(action.colour, annotate(null, {}));
      break;
    case "delete-pod":
      await api.remove("Pod", action.pod.name, action.pod.uid);
      break;
    case "delete-set":
      await api.remove("StatefulSet", setName(workload, action.colour));
      break;
  }
}

function annotate(
  activity: string | null,
  more: Readonly<Record<string, string | null>>,
): { readonly metadata: object } {
  return { metadata: { annotations: { [Annotation.activity]: activity, ...more } } };
}
