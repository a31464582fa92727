import type { DetailedObservation } from "../cluster/observe.ts";
import { COLOURS, isRelaying, type Observation, type PodView } from "../plan/observation.ts";
import { targetOf } from "../plan/switch-plan.ts";

/** What `status` prints, as data. */
export interface Status {
  readonly sets: readonly {
    readonly colour: string;
    readonly name: string;
    readonly image: string;
    readonly previousImage: string | undefined;
    readonly replicas: number;
    readonly ready: number;
    readonly activity: string | undefined;
    readonly faults: readonly string[];
  }[];
  readonly pods: readonly PodStatus[];
  readonly underWay: string | undefined;
}

interface PodStatus {
  readonly name: string;
  readonly nodeId: number;
  readonly state: string;
  readonly image: string;
  readonly generation: number | undefined;
  readonly connections: number | undefined;
  readonly nodes: number | undefined;
  readonly relayed: number | undefined;
  readonly problem: string | undefined;
}

export function describeStatus(observation: DetailedObservation): Status {
  const sets = COLOURS.flatMap((colour) => {
    const set = observation.sets[colour];
    if (set === undefined) return [];
    const { name, image, previousImage, replicas, activity, faults } = set;
    const pods = observation.pods.filter((pod) => pod.colour === colour && !pod.isEnding);
    const ready = pods.filter((pod) => pod.isReady).length;
    return [{ colour, name, image, previousImage, replicas, ready, activity, faults }];
  });
  const pods = [...observation.pods].sort(
    (x, y) => x.ordinal - y.ordinal || (x.name < y.name ? -1 : 1),
  );
  return {
    sets,
    pods: pods.map((pod) => describePod(pod, observation)),
    underWay: underWay(observation),
  };
}

export function statusLines(status: Status): readonly string[] {
  if (status.sets.length === 0) return ["nothing is installed in this namespace"];
  const lines = status.sets.map(({ colour, name, ready, replicas, image, previousImage }) => {
    const before = previousImage === undefined ? "" : `, before ${previousImage}`;
    return `${colour}: ${name}, ${ready} of ${replicas} ready, image ${image}${before}`;
  });
  for (const { name, faults } of status.sets)
    lines.push(...faults.map((text) => `${name}: ${text}`));
  lines.push(status.underWay ?? "nothing is under way");
  lines.push("", ...table(status.pods));
  for (const { name, problem } of status.pods) {
    if (problem !== undefined) lines.push(`${name}: ${problem}`);
  }
  return lines;
}

function describePod(pod: PodView, { metrics }: DetailedObservation): PodStatus {
  const told = metrics.get(pod.uid);
  return {
    name: pod.name,
    nodeId: pod.ordinal,
    state: stateOf(pod),
    image: pod.image,
    generation: told?.generation,
    connections: told?.connections,
    nodes: told?.nodes,
    relayed: told?.relayed,
    problem: pod.problem?.text,
  };
}

function stateOf(pod: PodView): string {
  if (pod.isEnding) return "ending";
  if (isRelaying(pod)) return "relaying";
  if (pod.isReady) return "ready";
  return pod.isRunning ? "not ready" : "not running";
}

function underWay(observation: Observation): string | undefined {
  const target = targetOf(observation);
  const only = Object.values(observation.sets).find((set) => set.activity !== undefined);
  const { activity, colour, image } = target ?? only ?? {};
  return activity === undefined ? undefined : `${activity} to ${colour} (${image}) is under way`;
}

const HEAD = ["pod", "node", "state", "generation", "connections", "nodes", "relayed", "image"];

function table(pods: readonly PodStatus[]): readonly string[] {
  const text = (value: number | undefined): string => (value === undefined ? "?" : String(value));
  const rows = pods.map((pod) => [
    pod.name,
    String(pod.nodeId),
    pod.state,
    text(pod.generation),
    text(pod.connections),
    text(pod.nodes),
    text(pod.relayed),
    pod.image,
  ]);
  const all = [HEAD, ...rows];
  const widths = HEAD.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
