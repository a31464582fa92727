import type { V1NetworkPolicy, V1PodSpec, V1Role, V1Service } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { createCommand } from "../../src/config/options.ts";
import { baseFiles, baseObjects, statefulSet } from "../support/manifests.ts";
import { restrictedFaults } from "../support/pod-security.ts";
import { faultsOf } from "../support/strict-manifest.ts";

function podOf(): V1PodSpec {
  const spec = statefulSet().spec?.template.spec;
  if (spec === undefined) throw new Error("the statefulset has no pods");
  return spec;
}

function find<T>(kind: string, name: string): T {
  const found = baseObjects().find((each) => each.kind === kind && each.metadata.name === name);
  return found as unknown as T;
}

describe("manifests", () => {
  it("are all part of the base", () => {
    const kinds = baseObjects().map(({ kind }) => kind);
    expect(baseFiles().length).toBe(6);
    expect(kinds.sort()).toEqual([
      "NetworkPolicy",
      "PodDisruptionBudget",
      "Role",
      "RoleBinding",
      "Service",
      "Service",
      "ServiceAccount",
      "StatefulSet",
    ]);
  });

  it.each(baseObjects())(
    "hold only fields that Kubernetes knows: $kind $metadata.name",
    (object) => {
      expect(faultsOf(object)).toEqual([]);
    },
  );

  it("keep the level restricted", () => {
    expect(restrictedFaults(podOf())).toEqual([]);
  });

  it("let pods read pods and nothing else", () => {
    expect(find<V1Role>("Role", "dtls-cluster").rules).toEqual([
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
    ]);
    expect(podOf().serviceAccountName).toBe("dtls-cluster");
  });

  it("keep the interfaces that scripts rely on", () => {
    const set = statefulSet();
    expect(set.metadata?.name).toMatch(/-a$/);
    expect(set.spec?.selector.matchLabels).toEqual({ app: "dtls-cluster" });
    expect(set.spec?.podManagementPolicy).toBe("Parallel");
    expect(set.spec?.template.metadata?.labels).toEqual({
      app: "dtls-cluster",
      initialDtlsClusterNodes: String(set.spec?.replicas),
    });
  });

  it("give the server options that it knows", () => {
    const command = createCommand("0").exitOverride();
    command.configureOutput({ writeErr: () => undefined });
    const { args = [] } = podOf().containers[0] ?? {};
    expect(() => command.parse([...args], { from: "user" })).not.toThrow();
    const variables = command.options.map(({ envVar }) => envVar);
    const given = (podOf().containers[0]?.env ?? []).map(({ name }) => name);
    expect(given.filter((name) => !variables.includes(name))).toEqual([]);
  });

  it("keep the variables of services away from the options", () => {
    expect(podOf().enableServiceLinks).toBe(false);
  });

  it("end a relay before Kubernetes does", () => {
    const grace = podOf()
      .containers[0]?.args?.find((arg) => arg.startsWith("--grace="))
      ?.slice(8);
    expect(Number(grace)).toBeLessThan(podOf().terminationGracePeriodSeconds ?? 0);
  });

  it("name ports that the container has", () => {
    const names = (podOf().containers[0]?.ports ?? []).map(({ name }) => name);
    const services = ["dtls-cluster", "dtls-cluster-nodes"].flatMap(
      (name) => find<V1Service>("Service", name).spec?.ports ?? [],
    );
    const ingress = find<V1NetworkPolicy>("NetworkPolicy", "dtls-cluster").spec?.ingress ?? [];
    const used = [
      ...services.map(({ targetPort }) => targetPort),
      ...ingress.flatMap(({ ports }) => (ports ?? []).map(({ port }) => port)),
    ];
    expect(used.filter((name) => !names.includes(String(name)))).toEqual([]);
  });

  it("let only the nodes reach the cluster ports", () => {
    const ingress = find<V1NetworkPolicy>("NetworkPolicy", "dtls-cluster").spec?.ingress ?? [];
    const open = ingress.filter((rule) => !("from" in rule));
    const ports = open.flatMap((rule) => (rule.ports ?? []).map(({ port }) => port));
    expect(ports).toEqual(["coap", "coaps", "monitor"]);
  });
});

describe("strict check of manifests", () => {
  const set = (): Record<string, unknown> =>
    structuredClone(statefulSet()) as unknown as Record<string, unknown>;

  it("finds a misspelt field at any depth", () => {
    const wrong = set();
    const spec = wrong["spec"] as { template: { spec: V1PodSpec & { hostPid?: boolean } } };
    spec.template.spec.hostPid = true;
    expect(faultsOf(wrong)).toEqual([
      "StatefulSet dtls-cluster-a.spec.template.spec.hostPid: no such field",
    ]);
  });

  it("finds a value of another type", () => {
    const wrong = set();
    (wrong["spec"] as Record<string, unknown>)["replicas"] = "3";
    expect(faultsOf(wrong)).toEqual(["StatefulSet dtls-cluster-a.spec.replicas: is no number"]);
  });

  it("finds a kind that does not exist", () => {
    expect(faultsOf({ ...set(), kind: "StatefullSet" })).toHaveLength(1);
  });
});

describe("check of the level restricted", () => {
  type Change = (pod: V1PodSpec) => void;
  const changes: readonly (readonly [string, Change])[] = [
    ["hostNetwork", (pod) => Object.assign(pod, { hostNetwork: true })],
    ["hostPath", (pod) => pod.volumes?.push({ name: "x", hostPath: { path: "/" } })],
    ["no runAsNonRoot", (pod) => delete pod.securityContext?.runAsNonRoot],
    ["no seccomp profile", (pod) => delete pod.securityContext?.seccompProfile],
    ["capabilities kept", (pod) => delete pod.containers[0]?.securityContext?.capabilities],
    [
      "privilege escalation",
      (pod) => delete pod.containers[0]?.securityContext?.allowPrivilegeEscalation,
    ],
    ["hostPort", (pod) => pod.containers[0]?.ports?.push({ containerPort: 1, hostPort: 1 })],
  ];

  it.each(changes)("refuses %s", (_name, change) => {
    const pod = structuredClone(podOf());
    change(pod);
    expect(restrictedFaults(pod)).toHaveLength(1);
  });
});
