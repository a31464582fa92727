import { createNodeCertificates } from "@dtls-cluster/certificates";
import type { V1Pod } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { checkCertificates } from "../../src/cluster/certificate-check.ts";
import { parsePodMetrics } from "../../src/cluster/pod-metrics.ts";
import { explainPod } from "../../src/cluster/pod-problem.ts";
import { findFaults } from "../../src/cluster/set-faults.ts";
import { createSecretValues, renewCertificates } from "../../src/install/secret-values.ts";
import { defaultManifestDirectory, loadManifests } from "../../src/manifests/load-manifests.ts";
import { createSet, describeWorkload, placeOf } from "../../src/manifests/workload.ts";

const manifests = loadManifests(new URL("../support/manifests", import.meta.url).pathname);
const workload = describeWorkload(manifests);
const choice = {
  colour: "b" as const,
  image: "server:2",
  replicas: 5,
  term: 7,
  activity: "update0",
  previousImage: "server:1",
};

describe("the manifests", () => {
  it("tell what updates must know", () => {
    expect(workload).toMatchObject({
      name: "cf-extserver",
      selector: { label: "app", value: "cf-extserver" },
      container: "cf-extserver",
      monitorPort: 8080,
      secret: "cf-extserver-config",
      requiredKeys: ["dtls_cid_mgmt_secret_base64"],
      serviceAccount: "cf-extserver",
      defaultReplicas: 3,
    });
    expect(manifests.objects.map(({ kind }) => kind)).toEqual([
      "ServiceAccount",
      "Role",
      "RoleBinding",
      "Service",
    ]);
  });

  it("give both colours, which differ in what was chosen", () => {
    const set = createSet(workload, choice);
    expect(set.metadata).toMatchObject({
      name: "cf-extserver-b",
      annotations: {
        "dtls-cluster/term": "7",
        "dtls-cluster/activity": "update0",
        "dtls-cluster/previous-image": "server:1",
      },
    });
    expect(set.spec?.replicas).toBe(5);
    expect(set.spec?.template.metadata?.labels?.["initialDtlsClusterNodes"]).toBe("5");
    expect(set.spec?.template.spec?.containers[0]?.image).toBe("server:2");
    expect(manifests.statefulSet.spec?.replicas).toBe(3);
  });

  it("name pods by colour and ordinal", () => {
    expect(placeOf(workload, "cf-extserver-b-12")).toEqual({ colour: "b", ordinal: 12 });
    expect(placeOf(workload, "cf-extserver-a-x")).toBeUndefined();
    expect(placeOf(workload, "other-a-1")).toBeUndefined();
  });
});

describe("the manifests that the server ships", () => {
  const shipped = loadManifests(defaultManifestDirectory());

  it("have all that updates need, and ask for the keys that install makes", () => {
    const workload = describeWorkload(shipped);
    expect(workload.name).toBe("dtls-cluster");
    const { values } = createSecretValues(
      {
        replicas: undefined,
        certificates: undefined,
        certificateDays: 10,
        renewsCertificates: false,
        psk: "one=AA==",
        clusterIdentity: "manager",
        clusterSecret: undefined,
        cookieSecret: undefined,
        kubeHost: undefined,
        dockerConfig: undefined,
      },
      "test",
      undefined,
      Date.now(),
    );
    expect(workload.requiredKeys).toContain("psk.txt");
    expect(workload.requiredKeys.filter((key) => !(key in values))).toEqual([]);
  });

  it("reach the API server word for word", () => {
    // A parser that knows types renames "from", and then a policy lets everybody in.
    const policy = shipped.objects.find(({ kind }) => kind === "NetworkPolicy");
    expect(JSON.stringify(policy?.object)).toContain('"from":[{"podSelector"');
  });
});

describe("a statefulset that somebody edited", () => {
  const { spec, metadata } = createSet(workload, choice);
  const labelled = (labels: Record<string, string>) => ({
    metadata,
    spec: {
      ...spec,
      selector: spec?.selector ?? {},
      template: { ...spec?.template, metadata: { labels } },
    },
  });

  it("is told from one that is as it was made", () => {
    expect(findFaults(workload, createSet(workload, choice))).toEqual([]);
  });

  it.each([
    [
      labelled({ app: "other", initialDtlsClusterNodes: "3" }),
      /label app=other: set it to cf-extserver/,
    ],
    [labelled({ app: "cf-extserver" }), /initialDtlsClusterNodes is ""/],
    [labelled({ app: "cf-extserver", initialDtlsClusterNodes: "many" }), /is "many"/],
    [
      labelled({ app: "cf-extserver", initialDtlsClusterNodes: "3", restore: "true" }),
      /label restore/,
    ],
    [
      { metadata, spec: { ...spec, podManagementPolicy: "OrderedReady" } },
      /podManagementPolicy is OrderedReady/,
    ],
    [
      { metadata: { annotations: { "dtls-cluster/term": "soon" } }, spec },
      /dtls-cluster\/term is "soon"/,
    ],
    [
      { metadata: { annotations: { "dtls-cluster/activity": "rest" } }, spec },
      /dtls-cluster\/activity is "rest"/,
    ],
  ])("fault %#", (set, message) => {
    const faults = findFaults(workload, set as Parameters<typeof findFaults>[1]);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(message);
  });
});

describe("why a pod is not ready", () => {
  const pod = (status: V1Pod["status"]): V1Pod => ({
    metadata: { uid: "u1" },
    status: status ?? {},
  });
  const container = (more: object): NonNullable<V1Pod["status"]> => ({
    containerStatuses: [
      { name: "c", image: "server:2", imageID: "", ready: false, restartCount: 0, ...more },
    ],
  });

  it.each([
    [
      container({ state: { waiting: { reason: "ErrImageNeverPull", message: "not\n present" } } }),
      "image server:2 cannot be had (ErrImageNeverPull: not present)",
      true,
    ],
    [
      container({ state: { waiting: { reason: "ImagePullBackOff", message: "back-off" } } }),
      "image server:2 cannot be had (ImagePullBackOff: back-off)",
      false,
    ],
    [
      container({
        state: { waiting: { reason: "CreateContainerConfigError", message: "no key" } },
      }),
      "container cannot be created (no key)",
      false,
    ],
    [
      container({ restartCount: 1, lastState: { terminated: { exitCode: 2 } } }),
      "container crashed 2 times (exit code 2): dtls-cluster-server: --psk missing",
      true,
    ],
    [
      container({
        restartCount: 0,
        lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } },
      }),
      "container crashed once (out of memory, exit code 137): dtls-cluster-server: --psk missing",
      false,
    ],
    [
      { conditions: [{ type: "PodScheduled", status: "False", message: "0/1 nodes: cpu" }] },
      "no node takes it: 0/1 nodes: cpu",
      false,
    ],
  ])("%#", (status, text, isFinal) => {
    const problem = explainPod(pod(status), [], "dtls-cluster-server: --psk missing");
    expect(problem).toEqual({ text, isFinal });
  });

  it("comes from the events where the status says nothing", () => {
    const event = (uid: string, reason: string, message: string) => ({
      metadata: {},
      involvedObject: { uid },
      reason,
      message,
    });
    const events = [
      event("u2", "FailedMount", "another pod"),
      event("u1", "Scheduled", "fine"),
      event("u1", "FailedMount", 'secret "x" not found'),
    ];
    expect(explainPod(pod({}), events, undefined)?.text).toBe('FailedMount: secret "x" not found');
    expect(explainPod(pod({}), [], undefined)).toBeUndefined();
  });
});

describe("the metrics of a pod", () => {
  it("tell connections, generation and what was relayed", () => {
    const text = [
      "# HELP dtls_cluster_connections Established DTLS connections.",
      "dtls_cluster_connections 1234",
      "dtls_cluster_generation 3",
      "dtls_cluster_nodes 3",
      'dtls_cluster_forwards_total{outcome="relayed"} 5',
      'dtls_cluster_forwards_total{outcome="relayedForward"} 6',
      'dtls_cluster_forwards_total{outcome="relayedBackward"} 7',
      'dtls_cluster_forwards_total{outcome="forwarded"} 1000',
      'dtls_cluster_handover_phase{phase="serving"} 0',
      'dtls_cluster_handover_phase{phase="relay"} 1',
    ].join("\n");
    expect(parsePodMetrics(text)).toEqual({
      connections: 1234,
      generation: 3,
      nodes: 3,
      phase: "relay",
      relayed: 18,
    });
  });

  it("of something else are no error", () => {
    expect(parsePodMetrics("<html>")).toMatchObject({ connections: undefined, relayed: 0 });
  });
});

const CERTIFICATE = "-----BEGIN CERTIFICATE-----";

/** Without the key before it. */
function certificateOf(pem: string): string {
  return pem.slice(pem.indexOf(CERTIFICATE));
}

describe("certificates", () => {
  const now = Date.parse("2026-06-01T00:00:00Z");
  const year = (from: string, to: string) => ({
    cluster: "meters",
    notBefore: new Date(from),
    notAfter: new Date(to),
  });
  const good = { ...createNodeCertificates(year("2026-01-01", "2027-01-01")) };
  const other = createNodeCertificates(year("2026-01-01", "2027-01-01"));
  const { "https_client_trust.pem": _trust, ...without } = good;

  it("that fit have no findings", () => {
    expect(checkCertificates(good, now)).toEqual([]);
  });

  it("that are renewed are trusted together with those of before", () => {
    const encoded = Object.entries(good).map(([key, pem]) => [
      key,
      Buffer.from(pem).toString("base64"),
    ]);
    const renewed = renewCertificates({ ...other }, Object.fromEntries(encoded));
    expect(checkCertificates(renewed, now)).toEqual([]);
    const mixed = { ...renewed, "https_server_cert.pem": good["https_server_cert.pem"] };
    expect(checkCertificates(mixed, now)).toEqual([]);
  });

  it.each([
    [
      { ...createNodeCertificates(year("2025-01-01", "2026-05-31")) },
      /expired on 2026-05-31: renew/,
      true,
    ],
    [{ ...createNodeCertificates(year("2026-07-01", "2027-01-01")) }, /valid from/, true],
    [
      { ...createNodeCertificates(year("2026-01-01", "2026-06-11")) },
      /expires on 2026-06-11/,
      false,
    ],
    [without, /https_client_trust.pem is missing/, true],
    [
      { ...good, "https_client_trust.pem": other["https_client_trust.pem"] },
      /which https_client_trust.pem does not hold/,
      true,
    ],
    [
      {
        ...good,
        "https_server_cert.pem":
          other["https_server_cert.pem"].split(CERTIFICATE, 1)[0] +
          certificateOf(good["https_server_cert.pem"]),
      },
      /does not match/,
      true,
    ],
    [
      {
        ...good,
        "https_server_cert.pem": certificateOf(good["https_server_cert.pem"]),
      },
      /no private key/,
      true,
    ],
    [{ ...good, "https_server_cert.pem": "" }, /no certificate/, true],
  ])("finding %#", (files, message, isFault) => {
    const findings = checkCertificates(files, now);
    expect(findings[0]?.text).toMatch(message);
    expect(findings[0]?.isFault).toBe(isFault);
  });
});
