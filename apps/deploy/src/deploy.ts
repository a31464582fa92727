import type { V1Secret } from "@kubernetes/client-node";
import { observe } from "./cluster/observe.ts";
import { perform } from "./cluster/perform.ts";
import { describeRight, INSTALL_RIGHTS, missingRights, SWITCH_RIGHTS } from "./cluster/rights.ts";
import { examine } from "./doctor/doctor.ts";
import { KubeError, UsageError } from "./errors.ts";
import { Installation } from "./install/install.ts";
import { KubeApi } from "./kube/kube-api.ts";
import type { KubeTransport } from "./kube/transport.ts";
import { setName, type Workload } from "./manifests/workload.ts";
import type { Settings } from "./options/settings.ts";
import { planInstall } from "./plan/install-plan.ts";
import type { Colour, Observation } from "./plan/observation.ts";
import { planRollback } from "./plan/rollback-plan.ts";
import { planUpdate } from "./plan/update-plan.ts";
import { planUpdate0 } from "./plan/update0-plan.ts";
import {
  createJsonReporter,
  createTextReporter,
  type Output,
  type Reporter,
} from "./report/reporter.ts";
import { createDryRun } from "./run/dry-run.ts";
import { type Planner, PlanRun, type Surroundings } from "./run/run-plan.ts";
import { describeStatus, statusLines } from "./status/status.ts";

/** Time and place of a run. */
export interface DeployContext {
  readonly transport: KubeTransport;
  readonly workload: Workload;
  readonly output: Output;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * Runs one command.
 * @returns exit code 0, or 1 when doctor found a fault
 * @throws UsageError with nothing changed, DeployError, KubeError
 */
export async function deploy(settings: Settings, context: DeployContext): Promise<number> {
  const { transport, workload, output } = context;
  const api = new KubeApi(transport, settings.namespace);
  const nameOf = (colour: string): string => setName(workload, colour as Colour);
  const reporter = settings.isJson
    ? createJsonReporter(output)
    : createTextReporter(output, nameOf);
  await checkReach(api);
  if (settings.command !== "install") await checkNamespace(api);
  switch (settings.command) {
    case "status": {
      const status = describeStatus(await observe(api, workload));
      if (settings.isJson) output.print(JSON.stringify(status));
      else for (const line of statusLines(status)) output.print(line);
      return 0;
    }
    case "doctor":
      return runDoctor(settings, api, context);
    case "install":
      await install(settings, api, context, reporter);
      return 0;
    default:
      await change(settings, api, context, reporter);
      return 0;
  }
}

async function runDoctor(
  settings: Settings,
  api: KubeApi,
  context: DeployContext,
): Promise<number> {
  const { transport, workload, output } = context;
  const observation = await observe(api, workload);
  const wallTime = (): number => output.wallTime().getTime();
  const findings = await examine({ api, transport, workload, observation, wallTime });
  for (const finding of findings) {
    const line = `${finding.level.padEnd(5)}  ${finding.about}: ${finding.text}`;
    output.print(settings.isJson ? JSON.stringify(finding) : line);
  }
  return findings.some(({ level }) => level === "fault") ? 1 : 0;
}

async function install(
  settings: Settings,
  api: KubeApi,
  context: DeployContext,
  reporter: Reporter,
): Promise<void> {
  const { workload } = context;
  const { replicas } = settings.install;
  const { defaultReplicas } = workload;
  const plan: Planner = (seen, request) =>
    planInstall(seen, { ...request, replicas, defaultReplicas });
  // Refuses before the first object is applied.
  await checkRights(api, INSTALL_RIGHTS);
  const start = await observe(api, workload);
  const request = { image: settings.image, hasBegun: false, isDrained: { a: false, b: false } };
  const first = plan(start, request);
  if (first.type === "refuse") throw new UsageError(first.problem);
  const now = context.output.wallTime().getTime();
  await new Installation(api, workload, settings, reporter, now).prepare();
  await run(plan, settings, surround(settings, api, context, reporter, start));
}

async function change(
  settings: Settings,
  api: KubeApi,
  context: DeployContext,
  reporter: Reporter,
): Promise<void> {
  const { workload } = context;
  await checkRights(api, SWITCH_RIGHTS);
  await checkSecret(api, workload);
  const start = await observe(api, workload);
  if (settings.command === "update") warnOfLoss(start, reporter);
  const planners = { update: planUpdate, update0: planUpdate0, rollback: planRollback };
  const plan = planners[settings.command as keyof typeof planners];
  const { a, b } = start.sets;
  if (settings.command === "update0" && (a === undefined) !== (b === undefined)) {
    const [from, to] = a === undefined ? ["b", "a"] : ["a", "b"];
    const count = start.pods.filter((pod) => pod.isReady && pod.colour === from).length;
    if (count > 0) reporter.note(`${from} reports ready, start update ${to}`);
  }
  await run(plan, settings, surround(settings, api, context, reporter, start));
}

function warnOfLoss(
  observation: Observation & { metrics: ReadonlyMap<string, { connections: number | undefined }> },
  reporter: Reporter,
): void {
  const known = [...observation.metrics.values()].flatMap(({ connections = 0 }) => connections);
  const sum = known.reduce((total, count) => total + count, 0);
  const count = known.length === 0 ? "the sessions of all pods are" : `${sum} sessions are`;
  reporter.warn(
    `update replaces pods in place: ${count} lost, clients need new handshakes; update0 keeps them`,
  );
}

function surround(
  settings: Settings,
  api: KubeApi,
  context: DeployContext,
  reporter: Reporter,
  start: Observation,
): Surroundings {
  if (settings.isDryRun) return createDryRun(start, reporter);
  const { workload, now, sleep } = context;
  return {
    observe: () => observe(api, workload),
    perform: (action) => perform(api, workload, action),
    now,
    sleep,
    reporter,
    isDryRun: false,
  };
}

async function run(plan: Planner, settings: Settings, surroundings: Surroundings): Promise<void> {
  await new PlanRun(plan, settings, surroundings).run();
}

/** A wrong address or credential shows before anything else is asked. */
async function checkReach(api: KubeApi): Promise<void> {
  try {
    await api.version();
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    throw new UsageError(`${error.message}; check --kubeconfig and --context`, { cause: error });
  }
}

async function checkNamespace(api: KubeApi): Promise<void> {
  try {
    if ((await api.read("Namespace", api.namespace)) !== undefined) return;
  } catch (error) {
    // Who may not look at namespaces may still work in this one.
    if (error instanceof KubeError && error.status === 403) return;
    throw error;
  }
  throw new UsageError(
    `--namespace "${api.namespace}": no such namespace; name another one, or run install`,
  );
}

async function checkRights(
  api: KubeApi,
  rights: Parameters<typeof missingRights>[1],
): Promise<void> {
  const lacking = await missingRights(api, rights);
  if (lacking.length === 0) return;
  const list = lacking.map(describeRight).join(", ");
  throw new UsageError(
    `the user of the kubeconfig may not ${list} in namespace ${api.namespace}: grant that by a role`,
  );
}

/** Without its secret no new pod starts; better said before than after. */
async function checkSecret(api: KubeApi, { secret, requiredKeys }: Workload): Promise<void> {
  const object = await api.read<V1Secret>("Secret", secret);
  if (object === undefined) {
    throw new UsageError(
      `secret ${secret} does not exist in namespace ${api.namespace}, no new pod could start: run install, it makes what is missing`,
    );
  }
  const missing = requiredKeys.filter((key) => object.data?.[key] === undefined);
  if (missing.length === 0) return;
  throw new UsageError(
    `secret ${secret} lacks ${missing.join(", ")}, no new pod could start: run install, it adds what is missing`,
  );
}
