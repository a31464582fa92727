import type { V1Container, V1StatefulSet } from "@kubernetes/client-node";
import { UsageError } from "../errors.ts";
import { COLOURS, type Colour } from "../plan/observation.ts";
import type { Manifests } from "./load-manifests.ts";

/** Annotations of a statefulset in which a run leaves what the next one needs. */
export const Annotation = {
  term: "dtls-cluster/term",
  activity: "dtls-cluster/activity",
  previousImage: "dtls-cluster/previous-image",
} as const;

export const INITIAL_NODES_LABEL = "initialDtlsClusterNodes";
export const RESTORE_LABEL = "restore";

/** What this command must know of the pods, taken from the manifest. */
export interface Workload {
  readonly manifests: Manifests;
  /** Name of the sets without the colour. */
  readonly name: string;
  /** Label by which pods of both colours are found. */
  readonly selector: { readonly label: string; readonly value: string };
  readonly container: string;
  /** Port of /ready and /metrics. */
  readonly monitorPort: number;
  /** Name of the secret that the pods mount or read. */
  readonly secret: string;
  /** Keys of the secret that pods cannot start without. */
  readonly requiredKeys: readonly string[];
  readonly serviceAccount: string;
  readonly defaultReplicas: number;
}

/** @throws UsageError when the manifest lacks something that updates need */
export function describeWorkload(manifests: Manifests): Workload {
  const { statefulSet, name, source } = manifests;
  const missing = (what: string): UsageError =>
    new UsageError(
      `--manifests "${source}": statefulset ${statefulSet.metadata?.name} has no ${what}`,
    );
  const template = statefulSet.spec?.template;
  const spec = template?.spec;
  const container = spec?.containers[0];
  if (spec === undefined || container === undefined) throw missing("container");
  const labels = Object.entries(statefulSet.spec?.selector.matchLabels ?? {});
  const shared = labels.find(([label]) => label === "app") ?? labels[0];
  if (shared === undefined) throw missing("selector");
  const monitorPort = monitorPortOf(container);
  if (monitorPort === undefined) throw missing("readiness probe over http");
  const secret = secretOf(statefulSet, container);
  if (secret === undefined) throw missing("secret volume");
  const references = (container.env ?? []).flatMap(({ valueFrom }) =>
    valueFrom?.secretKeyRef?.name === secret ? [valueFrom.secretKeyRef] : [],
  );
  return {
    manifests,
    name,
    selector: { label: shared[0], value: shared[1] },
    container: container.name,
    monitorPort,
    secret,
    requiredKeys: [
      ...references.filter(({ optional }) => optional !== true).map(({ key }) => key),
      ...filesInArguments(statefulSet, container, secret),
    ],
    serviceAccount: spec.serviceAccountName ?? "default",
    defaultReplicas: statefulSet.spec?.replicas ?? 3,
  };
}

export function setName(workload: Workload, colour: Colour): string {
  return `${workload.name}-${colour}`;
}

/** Colour and ordinal in the name of a pod; undefined for pods of others. */
export function placeOf(
  workload: Workload,
  pod: string,
): { readonly colour: Colour; readonly ordinal: number } | undefined {
  for (const colour of COLOURS) {
    const prefix = `${setName(workload, colour)}-`;
    const rest = pod.startsWith(prefix) ? pod.slice(prefix.length) : "";
    if (/^\d+$/.test(rest)) return { colour, ordinal: Number(rest) };
  }
  return undefined;
}

export interface SetChoice {
  readonly colour: Colour;
  readonly image: string;
  readonly replicas: number;
  readonly term: number;
  readonly activity: string | undefined;
  readonly previousImage: string | undefined;
}

/**
 * The statefulset of a colour with its size, image and label from the start: pods that began with other
 * ones would have to be restarted at once.
 */
export function createSet({ manifests, container }: Workload, choice: SetChoice): V1StatefulSet {
  const set = structuredClone(manifests.statefulSet);
  const { spec } = set;
  if (spec === undefined)
    throw new UsageError(`--manifests "${manifests.source}": the statefulset is empty`);
  const annotations: Record<string, string> = { [Annotation.term]: String(choice.term) };
  if (choice.activity !== undefined) annotations[Annotation.activity] = choice.activity;
  if (choice.previousImage !== undefined)
    annotations[Annotation.previousImage] = choice.previousImage;
  const { status: _status, ...rest } = set;
  return {
    ...rest,
    metadata: {
      ...set.metadata,
      name: `${manifests.name}-${choice.colour}`,
      annotations: { ...set.metadata?.annotations, ...annotations },
    },
    spec: {
      ...spec,
      replicas: choice.replicas,
      template: {
        ...spec.template,
        metadata: {
          ...spec.template.metadata,
          labels: {
            ...spec.template.metadata?.labels,
            [INITIAL_NODES_LABEL]: String(choice.replicas),
          },
        },
        spec: {
          ...spec.template.spec,
          containers: (spec.template.spec?.containers ?? []).map((each) =>
            each.name === container ? { ...each, image: choice.image } : each,
          ),
        },
      },
    },
  };
}

function monitorPortOf(container: V1Container): number | undefined {
  const port: unknown = container.readinessProbe?.httpGet?.port;
  if (typeof port === "number") return port;
  return container.ports?.find(({ name }) => name === port)?.containerPort;
}

function secretOf(set: V1StatefulSet, container: V1Container): string | undefined {
  const volumes = set.spec?.template.spec?.volumes ?? [];
  const mounted = volumes.find(({ secret }) => secret?.secretName !== undefined);
  const read = container.env?.find(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined);
  return mounted?.secret?.secretName ?? read?.valueFrom?.secretKeyRef?.name;
}

/** Files of the mounted secret that the command line names: the container does not start without them. */
function filesInArguments(
  set: V1StatefulSet,
  container: V1Container,
  secretName: string,
): readonly string[] {
  const volume = set.spec?.template.spec?.volumes?.find(
    ({ secret }) => secret?.secretName === secretName,
  );
  const path = container.volumeMounts?.find(({ name }) => name === volume?.name)?.mountPath;
  if (path === undefined) return [];
  return (container.args ?? []).flatMap((argument) => {
    const [, rest] = argument.split(`${path}/`);
    return rest !== undefined && /^[\w.-]+$/.test(rest) ? [rest] : [];
  });
}
