import { INITIAL_NODES_LABEL } from "../manifests/workload.ts";
import { explainTwoColours } from "../plan/checks.ts";
import { COLOURS, livingPods, readyCount } from "../plan/observation.ts";
import { targetOf } from "../plan/switch-plan.ts";
import { type Check, type Examination, type Finding, fault, hint, ok } from "./finding.ts";

const LARGEST_NODE_ID = 255;

/** The statefulsets: what was edited, and whether an update is under way. */
export const checkSets: Check = async ({ observation, workload }) => {
  const { sets, rawSets } = observation;
  if (sets.a === undefined && sets.b === undefined) {
    return [
      fault(
        "statefulsets",
        `neither ${workload.name}-a nor ${workload.name}-b exists: run install`,
      ),
    ];
  }
  const findings: Finding[] = [];
  for (const colour of COLOURS) {
    const set = sets[colour];
    if (set === undefined) continue;
    findings.push(...set.faults.map((text) => fault(set.name, text)));
    if (set.problem !== undefined) findings.push(fault(set.name, set.problem.text));
    const raw = rawSets.find(({ metadata }) => metadata?.name === set.name);
    const nodes = Number(raw?.spec?.template.metadata?.labels?.[INITIAL_NODES_LABEL]);
    if (nodes > set.replicas) {
      findings.push(
        fault(
          set.name,
          `waits for ${nodes} nodes (label ${INITIAL_NODES_LABEL}) and has ${set.replicas} replicas: a restarted group never gets ready; scale it to ${nodes}, or run update0`,
        ),
      );
    }
    if (set.replicas > LARGEST_NODE_ID + 1) {
      findings.push(
        fault(set.name, `has ${set.replicas} replicas: a node id is 0 to ${LARGEST_NODE_ID}`),
      );
    }
  }
  findings.push(...checkDirection(observation));
  return findings.length > 0
    ? findings
    : [ok("statefulsets", `${sets.a === undefined ? "b" : "a"} alone, nothing is under way`)];
};

function checkDirection(observation: Examination["observation"]): readonly Finding[] {
  const { a, b } = observation.sets;
  const target = targetOf(observation) ?? [a, b].find((set) => set?.activity !== undefined);
  if (target !== undefined) {
    return [
      hint(
        target.name,
        `${target.activity} to ${target.colour} is under way: run ${target.activity} again to end it, or rollback`,
      ),
    ];
  }
  if (a === undefined || b === undefined) return [];
  return [fault("statefulsets", explainTwoColours(observation))];
}

/** Each pod: ready or why not, its node id, its marks, and how many nodes it knows. */
export const checkPods: Check = async ({ observation }) => {
  const findings: Finding[] = [...checkOwners(observation)];
  for (const colour of COLOURS) {
    const set = observation.sets[colour];
    const pods = livingPods(observation, colour);
    if (set === undefined) continue;
    for (const pod of pods) {
      if (!pod.isReady && pod.problem !== undefined)
        findings.push(fault(pod.name, pod.problem.text));
      else if (!pod.isReady && !pod.isGiver) findings.push(hint(pod.name, "is not ready yet"));
      if (pod.isGiver && targetOf(observation) === undefined && set.activity === undefined) {
        findings.push(
          hint(
            pod.name,
            "has the label restore=true though no update is under way: kubectl label pod it restore-, otherwise it takes over from nobody when it is replaced",
          ),
        );
      }
      findings.push(...checkGroup(observation, pod.uid, pod.name, set.replicas));
    }
    if (pods.length > 0 && readyCount(observation, colour) === set.replicas) {
      findings.push(
        ok(set.name, `${set.replicas} of ${set.replicas} ready, node ids 0 to ${set.replicas - 1}`),
      );
    }
  }
  return findings;
};

/** Two processes that serve one node id do not know of each other's sessions. */
function checkOwners({ pods }: Examination["observation"]): readonly Finding[] {
  const serving = pods.filter((pod) => pod.isReady && pod.phase === "serving");
  return serving.flatMap((pod) => {
    const other = serving.find((each) => each.ordinal === pod.ordinal && each.name > pod.name);
    if (other === undefined) return [];
    const about = `node ${pod.ordinal}`;
    return [
      fault(
        about,
        `${pod.name} and ${other.name} both serve it: delete the one with fewer connections (status)`,
      ),
    ];
  });
}

function checkGroup(
  { metrics }: Examination["observation"],
  uid: string,
  name: string,
  replicas: number,
): readonly Finding[] {
  const told = metrics.get(uid);
  if (told?.nodes === undefined || told.nodes >= replicas) return [];
  return [
    fault(
      name,
      `sees ${told.nodes} of ${replicas} nodes: check that UDP 5884 is open between the pods and that all have the same secret`,
    ),
  ];
}
