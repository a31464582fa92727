import type { CoreV1Event, V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import { KubeError } from "../errors.ts";
import type { KubeApi } from "../kube/kube-api.ts";
import {
  Annotation,
  placeOf,
  RESTORE_LABEL,
  setName,
  type Workload,
} from "../manifests/workload.ts";
import {
  type Activity,
  COLOURS,
  type Observation,
  type PodView,
  type SetView,
} from "../plan/observation.ts";
import { type PodMetrics, parsePodMetrics } from "./pod-metrics.ts";
import { explainPod, explainSet, hasCrashed } from "./pod-problem.ts";
import { findFaults } from "./set-faults.ts";

/** An observation, and what only people want to know. */
export interface DetailedObservation extends Observation {
  readonly metrics: ReadonlyMap<string, PodMetrics>;
  readonly rawPods: readonly V1Pod[];
  readonly rawSets: readonly V1StatefulSet[];
}

const PAGE_TIMEOUT_MS = 2000;

/** Looks at both colours. @throws KubeError */
export async function observe(api: KubeApi, workload: Workload): Promise<DetailedObservation> {
  const { label, value } = workload.selector;
  const selector = `labelSelector=${encodeURIComponent(`${label}=${value}`)}`;
  const [sets, pods] = await Promise.all([
    Promise.all(
      COLOURS.map((colour) => api.read<V1StatefulSet>("StatefulSet", setName(workload, colour))),
    ),
    api.list<V1Pod>("Pod", selector),
  ]);
  const rawSets = sets.filter((set) => set !== undefined);
  const ours = pods.filter((pod) => placeOf(workload, pod.metadata?.name ?? "") !== undefined);
  const isTroubled =
    ours.some((pod) => !isReady(pod)) ||
    rawSets.some((set) => (set.status?.replicas ?? 0) < (set.spec?.replicas ?? 0));
  const events = isTroubled ? await listEvents(api) : [];
  const metrics = await fetchMetrics(api, workload, ours);
  const views = await Promise.all(ours.map((pod) => viewPod(api, workload, pod, events, metrics)));
  return {
    sets: Object.fromEntries(
      rawSets.map((set) => {
        const view = viewSet(workload, set, events);
        return [view.colour, view];
      }),
    ),
    pods: views.filter((view) => view !== undefined),
    metrics,
    rawPods: ours,
    rawSets,
  };
}

export function isReady(pod: V1Pod): boolean {
  const condition = pod.status?.conditions?.find(({ type }) => type === "Ready");
  return condition?.status === "True";
}

/** Events are a help only: who may not read them still gets everything else. */
async function listEvents(api: KubeApi): Promise<readonly CoreV1Event[]> {
  try {
    return await api.list<CoreV1Event>("Event");
  } catch (error) {
    if (error instanceof KubeError && !error.isTransient) return [];
    throw error;
  }
}

/** Those that do not answer are left out: a pod that starts, one that is cut off, no right to ask. */
async function fetchMetrics(
  api: KubeApi,
  workload: Workload,
  pods: readonly V1Pod[],
): Promise<ReadonlyMap<string, PodMetrics>> {
  const metrics = new Map<string, PodMetrics>();
  const fetchOne = async (pod: V1Pod): Promise<void> => {
    const name = pod.metadata?.name ?? "";
    try {
      const text = await api.podPage(name, workload.monitorPort, "/metrics", PAGE_TIMEOUT_MS);
      metrics.set(pod.metadata?.uid ?? name, parsePodMetrics(text));
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
    }
  };
  await Promise.all(pods.filter(isRunning).map(fetchOne));
  return metrics;
}

function isRunning(pod: V1Pod): boolean {
  return pod.status?.containerStatuses?.some(({ state }) => state?.running !== undefined) ?? false;
}

async function viewPod(
  api: KubeApi,
  workload: Workload,
  pod: V1Pod,
  events: readonly CoreV1Event[],
  metrics: ReadonlyMap<string, PodMetrics>,
): Promise<PodView | undefined> {
  const name = pod.metadata?.name ?? "";
  const uid = pod.metadata?.uid ?? "";
  const place = placeOf(workload, name);
  if (place === undefined) return undefined;
  const ready = isReady(pod);
  const lastLine = !ready && hasCrashed(pod) ? await lastLineOf(api, workload, pod) : undefined;
  const told = metrics.get(uid);
  return {
    name,
    uid,
    ...place,
    image: pod.spec?.containers.find(({ name }) => name === workload.container)?.image ?? "",
    isReady: ready,
    isEnding: pod.metadata?.deletionTimestamp !== undefined,
    isGiver: pod.metadata?.labels?.[RESTORE_LABEL]?.toLowerCase() === "true",
    isRunning: isRunning(pod),
    phase: told?.phase,
    relayed: told?.relayed,
    problem: ready ? undefined : explainPod(pod, events, lastLine),
  };
}

async function lastLineOf(
  api: KubeApi,
  workload: Workload,
  pod: V1Pod,
): Promise<string | undefined> {
  // Until the container runs again, its log is that of the crash; afterwards that of the run before is.
  for (const isPrevious of isRunning(pod) ? [true] : [false, true]) {
    try {
      const name = pod.metadata?.name ?? "";
      const text = await api.lastLines(name, workload.container, isPrevious);
      const lines = text.split("\n").filter((line) => line.trim() !== "" && !NO_LOG.test(line));
      // The server says on one line of standard error what is wrong.
      const line = lines.findLast((each) => each.startsWith("dtls-cluster-server:"));
      if (lines.length > 0) return line ?? lines.at(-1);
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
    }
  }
  return undefined;
}

/** What kubelet writes into the answer when the log has gone. */
const NO_LOG = /^unable to retrieve container logs/;

function viewSet(workload: Workload, set: V1StatefulSet, events: readonly CoreV1Event[]): SetView {
  const { metadata, spec } = set;
  const name = metadata?.name ?? "";
  const annotations = metadata?.annotations ?? {};
  const activity = annotations[Annotation.activity];
  const containers = spec?.template.spec?.containers ?? [];
  const lacksPods = (set.status?.replicas ?? 0) < (spec?.replicas ?? 0);
  return {
    colour: name.endsWith("-b") ? "b" : "a",
    name,
    replicas: spec?.replicas ?? 1,
    image: containers.find((each) => each.name === workload.container)?.image ?? "",
    term: Number(annotations[Annotation.term] ?? 0),
    activity: isActivity(activity) ? activity : undefined,
    previousImage: annotations[Annotation.previousImage],
    isEnding: metadata?.deletionTimestamp !== undefined,
    faults: findFaults(workload, set),
    problem: lacksPods ? explainSet(metadata?.uid, events) : undefined,
  };
}

function isActivity(text: string | undefined): text is Activity {
  return text === "update0" || text === "rollback" || text === "update";
}
