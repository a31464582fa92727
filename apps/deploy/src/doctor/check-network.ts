import type { V1ConfigMap, V1NetworkPolicy, V1Service } from "@kubernetes/client-node";
import { KubeError } from "../errors.ts";
import { type Check, type Examination, type Finding, fault, hint, ok } from "./finding.ts";

/** Services that select the pods, and whether their ports lead anywhere. */
export const checkService: Check = async ({ api, workload }) => {
  const { label, value } = workload.selector;
  const services = (await api.list<V1Service>("Service")).filter(
    ({ spec }) => spec?.selector?.[label] === value,
  );
  if (services.length === 0) {
    return [fault("service", `no service selects ${label}=${value}: run install, it applies one`)];
  }
  const container = workload.manifests.statefulSet.spec?.template.spec?.containers[0];
  const known = container?.ports ?? [];
  const findings: Finding[] = [];
  for (const { metadata, spec } of services) {
    const about = `service ${metadata?.name}`;
    for (const { name, port, protocol = "TCP", targetPort = port } of spec?.ports ?? []) {
      const match = known.find(
        (each) => each.name === targetPort || each.containerPort === targetPort,
      );
      if (match === undefined) {
        findings.push(
          fault(
            about,
            `port ${name ?? port} leads to ${targetPort}, which the pods do not have: run install`,
          ),
        );
      } else if ((match.protocol ?? "TCP") !== protocol) {
        findings.push(
          fault(
            about,
            `port ${name ?? port} is ${protocol}, the pods' is ${match.protocol ?? "TCP"}: run install`,
          ),
        );
      }
    }
  }
  return findings.length > 0
    ? findings
    : [ok("service", `${services.length} with ports that lead to the pods`)];
};

/** Policies that select the pods must let through what nodes, devices and this command send. */
export const checkNetworkPolicies: Check = async ({ api, workload }) => {
  const labels: Readonly<Record<string, string>> =
    workload.manifests.statefulSet.spec?.template.metadata?.labels ?? {};
  const policies = (await api.list<V1NetworkPolicy>("NetworkPolicy")).filter(({ spec }) =>
    Object.entries(spec?.podSelector?.matchLabels ?? {}).every(
      ([key, text]) => labels[key] === text,
    ),
  );
  if (policies.length === 0) {
    return [
      hint(
        "network policy",
        "none selects the pods: whoever reaches them may use the ports between the nodes; run install",
      ),
    ];
  }
  const allowed = policies.flatMap(({ spec }) => spec?.ingress ?? []);
  const ports = workload.manifests.statefulSet.spec?.template.spec?.containers[0]?.ports ?? [];
  const closed = ports.filter(
    ({ containerPort, name, protocol = "TCP" }) =>
      !allowed.some(({ ports: rules }) =>
        rules === undefined
          ? true
          : rules.some(
              (rule) =>
                (rule.protocol ?? "TCP") === protocol &&
                (rule.port === undefined || rule.port === containerPort || rule.port === name),
            ),
      ),
  );
  return closed.length === 0
    ? [ok("network policy", "lets the pods' ports through")]
    : closed.map(({ containerPort, protocol = "TCP" }) =>
        fault(
          "network policy",
          `no rule lets ${protocol} ${containerPort} through: add it, or run install`,
        ),
      );
};

/** How long a client's flow may stick to a pod, as far as the API tells. */
export const checkConntrack: Check = async (examination) => {
  const about = "conntrack";
  const { minor } = await examination.api.version();
  const clears = minor !== undefined && minor >= 32;
  const cure = clears
    ? "kube-proxy 1.32 or newer moves flows within a second"
    : "flows may stick to old pods until they time out, old pods relay meanwhile";
  const timeouts = await proxyTimeouts(examination);
  if (timeouts === undefined) {
    return [
      hint(
        about,
        `timeouts cannot be seen from here (sysctl nf_conntrack_udp_timeout, usually 30 s, and _stream, 120 s, of the nodes); ${cure}`,
      ),
    ];
  }
  const { stream } = timeouts;
  if (!clears && stream > 120) {
    return [
      hint(
        about,
        `udpStreamTimeout of kube-proxy is ${stream} s: give --drain-quiet ${stream}, or lower it`,
      ),
    ];
  }
  return [
    ok(
      about,
      `udpStreamTimeout of kube-proxy is ${stream === 0 ? "the kernel's (usually 120 s)" : `${stream} s`}; ${cure}`,
    ),
  ];
};

async function proxyTimeouts({ api }: Examination): Promise<{ stream: number } | undefined> {
  try {
    const map = await api.within("kube-system").read<V1ConfigMap>("ConfigMap", "kube-proxy");
    const text = map?.data?.["config.conf"];
    if (text === undefined) return undefined;
    const found = /udpStreamTimeout:\s*"?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?/.exec(text);
    const [hours, minutes, seconds] = [1, 2, 3].map((group) => Number(found?.[group] ?? 0));
    return { stream: (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0) };
  } catch (error) {
    if (error instanceof KubeError && !error.isTransient) return undefined;
    throw error;
  }
}
