import type { V1StatefulSet } from "@kubernetes/client-node";
import {
  Annotation,
  INITIAL_NODES_LABEL,
  RESTORE_LABEL,
  type Workload,
} from "../manifests/workload.ts";

/** What was edited by hand so that an update cannot work, each with its remedy. */
export function findFaults(
  workload: Workload,
  { metadata, spec }: V1StatefulSet,
): readonly string[] {
  const faults: string[] = [];
  const { label, value } = workload.selector;
  const labels = spec?.template.metadata?.labels ?? {};
  const annotations = metadata?.annotations ?? {};
  if (labels[label] !== value) {
    faults.push(`its pods have the label ${label}=${labels[label] ?? ""}: set it to ${value}`);
  }
  const nodes = labels[INITIAL_NODES_LABEL];
  if (nodes === undefined || !/^[1-9]\d{0,2}$/.test(nodes) || Number(nodes) > 256) {
    faults.push(
      `the pods' label ${INITIAL_NODES_LABEL} is "${nodes ?? ""}": set it to the number of replicas, 1 to 256`,
    );
  }
  if (RESTORE_LABEL in labels) {
    faults.push(
      `its template has the label ${RESTORE_LABEL}, so that new pods would take over from nobody: remove it there`,
    );
  }
  if (spec?.podManagementPolicy !== "Parallel") {
    faults.push(
      `podManagementPolicy is ${spec?.podManagementPolicy ?? "OrderedReady"}, but nodes wait for each other: create it anew with Parallel`,
    );
  }
  const containers = spec?.template.spec?.containers ?? [];
  if (!containers.some(({ name }) => name === workload.container)) {
    faults.push(
      `it has no container ${workload.container} (but ${containers.map(({ name }) => name).join(", ")}): rename it, or give the right --manifests`,
    );
  }
  const term = annotations[Annotation.term] ?? "0";
  if (!/^\d{1,9}$/.test(term)) {
    faults.push(`annotation ${Annotation.term} is "${term}": set it to a whole number`);
  }
  const activity = annotations[Annotation.activity] ?? "update0";
  if (!["update0", "rollback", "update"].includes(activity)) {
    faults.push(
      `annotation ${Annotation.activity} is "${activity}": update0, rollback, update or none is accepted`,
    );
  }
  return faults;
}
