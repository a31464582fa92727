import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PodLike, sendStatus } from "@dtls-cluster/testkit/kubernetes-api";
import { afterEach, describe, expect, it } from "vitest";
import { KubernetesNodes } from "../src/index.ts";
import { meter, TestCluster } from "./support/cluster.ts";

const clusters: TestCluster[] = [];
afterEach(async () => {
  await Promise.all(clusters.splice(0).map((cluster) => cluster.close()));
});

async function start(...pods: readonly PodLike[]): Promise<TestCluster> {
  const cluster = await TestCluster.start(...pods);
  clusters.push(cluster);
  return cluster;
}

describe("settings that cannot be right", () => {
  const open = (more: object): Promise<KubernetesNodes> =>
    KubernetesNodes.open({ pod: "m-a-0", clusterPort: 5884, token: "t", ...more });

  it.each([
    ["https://api:6443", "without a scheme"],
    ["api:0", "HOST:PORT"],
    ["api:70000", "HOST:PORT"],
    ["[api]:443", "[IPV6]:PORT"],
    ["user@api", "HOST:PORT"],
  ])("KUBECTL_HOST %s", async (host, hint) => {
    await expect(open({ host })).rejects.toMatchObject({
      code: "KUBERNETES_SETTING",
      message: expect.stringMatching(/^KUBECTL_HOST: /),
    });
    await expect(open({ host })).rejects.toThrow(hint);
  });

  it.each(["Meters", "me/ters", "-m", "m".repeat(64)])(
    "KUBECTL_NAMESPACE %s",
    async (namespace) => {
      await expect(open({ namespace })).rejects.toThrow(/^KUBECTL_NAMESPACE: /);
    },
  );

  it("a token with a line break, whose text is not shown", async () => {
    const error: unknown = await open({ token: "secret\nline" }).catch((e: unknown) => e);
    expect(String(error)).toContain("KUBECTL_TOKEN");
    expect(String(error)).not.toContain("secret");
  });

  it("no token and no service account", async () => {
    const serviceAccount = mkdtempSync(join(tmpdir(), "service-account-"));
    await expect(open({ token: "", serviceAccount })).rejects.toThrow(
      /^KUBECTL_TOKEN is empty and there is no .*: give a token, or let the pod have its service account/,
    );
    rmSync(serviceAccount, { recursive: true });
  });
});

describe("the own pod", () => {
  it("says how many nodes the cluster begins with", async () => {
    const cluster = await start(meter("m-a-0", { labels: { initialDtlsClusterNodes: "5" } }));
    expect((await cluster.nodes("m-a-0")).initialNodes).toBe(5);
  });

  it.each(["0", "x", "257", "-1", ""])("must not say %j", async (initialDtlsClusterNodes) => {
    const cluster = await start(meter("m-a-0", { labels: { initialDtlsClusterNodes } }));
    const nodes = await cluster.nodes("m-a-0");
    expect(() => nodes.initialNodes).toThrow(/label initialDtlsClusterNodes/);
  });

  it("that is not in the namespace is an error that names the namespace", async () => {
    const cluster = await start();
    await expect(cluster.nodes("m-a-0")).rejects.toMatchObject({
      code: "KUBERNETES_NOT_FOUND",
      message: expect.stringContaining("meters (KUBECTL_NAMESPACE)"),
    });
  });

  it("that may not be read is an error that says which rights are missing", async () => {
    const cluster = await start(meter("m-a-0"));
    cluster.api.misbehave = (_request, response) => {
      sendStatus(response, 403, "pods is forbidden");
      return true;
    };
    await expect(cluster.nodes("m-a-0")).rejects.toThrow(/get, list and watch pods/);
  });

  it("is found when the rights arrive a little later than the pod", async () => {
    const cluster = await start(meter("m-a-0"));
    let refused = 0;
    cluster.api.misbehave = (_request, response) => {
      refused += 1;
      if (refused > 2) return false;
      sendStatus(response, 403, "pods is forbidden");
      return true;
    };
    await expect(cluster.nodes("m-a-0", { ownPod: { refusedMs: 5000 } })).resolves.toBeDefined();
  });

  it("is given up when nothing answers, with the host in the error", async () => {
    const cluster = await start(meter("m-a-0"));
    const host = `localhost:${cluster.api.port}`;
    cluster.api.misbehave = () => true;
    await expect(cluster.nodes("m-a-0")).rejects.toThrow(`${host} (KUBECTL_HOST) does not answer`);
  });
});

describe("the group", () => {
  const rest = [meter("m-a-1"), meter("m-b-0", { labels: { site: "north" } }), meter("m-b-1")];

  it.each([
    ["the pods of the own revision by default", {}, "10.0.97.1"],
    [
      "those with the same value of another label",
      { selectorLabel: "app" },
      "10.0.97.1 10.0.98.0 10.0.98.1",
    ],
    ["those that a selector chooses", { selector: "site=north" }, "10.0.98.0"],
    ["a selector as in a URL", { selector: "app%3Dmeters" }, "10.0.97.1 10.0.98.0 10.0.98.1"],
  ])("is %s", async (_name, options, expected) => {
    const cluster = await start(meter("m-a-0"), ...rest);
    const nodes = await cluster.nodes("m-a-0", options);
    await nodes.ready();
    const found = await nodes.discover();
    expect(
      found
        .map(({ address }) => address)
        .sort()
        .join(" "),
    ).toBe(expected);
    expect(found.every(({ port }) => port === 5884)).toBe(true);
  });

  it("cannot be chosen by a label that the own pod lacks", async () => {
    const cluster = await start(meter("m-a-0"));
    await expect(cluster.nodes("m-a-0", { selectorLabel: "colour" })).rejects.toThrow(
      'KUBECTL_SELECTOR_LABEL: pod m-a-0 has no label "colour"; it has app',
    );
  });

  it("leaves out pods that have ended or have no address", async () => {
    const cluster = await start(
      meter("m-a-0"),
      meter("m-a-1", { phase: "Failed" }),
      meter("m-a-2", { address: undefined }),
    );
    const nodes = await cluster.nodes("m-a-0");
    await nodes.ready();
    expect(await nodes.discover()).toEqual([]);
  });
});
