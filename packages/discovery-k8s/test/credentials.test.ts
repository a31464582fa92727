import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTestCertificate, eventually } from "@dtls-cluster/testkit";
import { sendStatus } from "@dtls-cluster/testkit/kubernetes-api";
import { afterEach, expect, it } from "vitest";
import { meter, TestCluster } from "./support/cluster.ts";

const clusters: TestCluster[] = [];
afterEach(async () => {
  await Promise.all(clusters.splice(0).map((cluster) => cluster.close()));
});

async function start(): Promise<TestCluster> {
  const cluster = await TestCluster.start(meter("m-a-0"));
  clusters.push(cluster);
  return cluster;
}

it("sends the token of the service account, and the new one after it was replaced", async () => {
  const cluster = await start();
  await cluster.nodes("m-a-0");
  expect(cluster.api.authorizations[0]).toBe("Bearer first-token");
  cluster.write("token", "second-token");
  cluster.api.misbehave = (request, response) => {
    if (request.headers.authorization === "Bearer second-token") return false;
    sendStatus(response, 401, "Unauthorized");
    return true;
  };
  cluster.api.cut();
  await eventually(() => cluster.api.authorizations.at(-1) === "Bearer second-token");
  await eventually(() => cluster.api.watchers === 2);
});

it("prefers a given token, and takes an empty one for none", async () => {
  const cluster = await start();
  await cluster.nodes("m-a-0", { token: "given" });
  expect(cluster.api.authorizations[0]).toBe("Bearer given");
  const before = cluster.api.authorizations.length;
  await cluster.nodes("m-a-0", { token: "" });
  expect(cluster.api.authorizations.slice(before)).toContain("Bearer first-token");
});

it("trusts https_k8s_client_trust.pem in the place of the service account's authority", async () => {
  const cluster = await start();
  const trustFile = join(cluster.account, "https_k8s_client_trust.pem");
  writeFileSync(trustFile, createTestCertificate({ name: "another" }).certificatePem);
  await expect(cluster.nodes("m-a-0", { trustFile })).rejects.toMatchObject({
    code: "KUBERNETES_TRUST",
    message: expect.stringContaining("https_k8s_client_trust.pem"),
  });
  writeFileSync(trustFile, cluster.api.authority.certificatePem);
  cluster.write("ca.crt", createTestCertificate({ name: "another" }).certificatePem);
  await expect(cluster.nodes("m-a-0", { trustFile })).resolves.toBeDefined();
});

it("follows authorities that are replaced", async () => {
  const cluster = await start();
  await cluster.nodes("m-a-0");
  await eventually(() => cluster.api.watchers === 2);
  cluster.write("ca.crt", createTestCertificate({ name: "another" }).certificatePem);
  cluster.api.cut();
  await eventually(() => cluster.troubles.at(-1)?.code === "KUBERNETES_TRUST");
  cluster.write("ca.crt", cluster.api.authority.certificatePem);
  await eventually(() => cluster.api.watchers === 2);
});

it("never trusts an API without knowing its authority", async () => {
  const cluster = await start();
  const nodes = cluster.nodes("m-a-0", {
    serviceAccount: join(cluster.account, "none"),
    token: "given",
    namespace: "meters",
  });
  await expect(nodes).rejects.toMatchObject({ code: "KUBERNETES_TRUST" });
});

it("shows no token in what it says", async () => {
  const cluster = await start();
  cluster.api.misbehave = (_request, response) => {
    sendStatus(response, 401, "Unauthorized");
    return true;
  };
  const error: unknown = await cluster.nodes("m-a-0", { token: "very-secret" }).catch((e) => e);
  expect(error).toMatchObject({ code: "KUBERNETES_TOKEN" });
  expect(JSON.stringify([String(error), error])).not.toContain("very-secret");
});
