import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sendStatus } from "@dtls-cluster/testkit/kubernetes-api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { killAll, type ServerProcess } from "./support/server-process.ts";
import { TestPods } from "./support/test-pods.ts";

let pods: TestPods;
beforeEach(async () => {
  pods = await TestPods.start();
});
afterEach(async () => {
  await killAll();
  await pods.close();
});

const gives = { labels: { restore: "true" } };

/** Starts a pod that serves, as the API then says. */
async function serving(name: string, more: readonly string[] = []): Promise<ServerProcess> {
  pods.put(name);
  const server = pods.run(name, more);
  await server.event("ready");
  pods.put(name, { isReady: true });
  return server;
}

describe("nodes on Kubernetes", () => {
  it("find each other, and are ready when as many are there as the label says", async () => {
    const names = ["m-a-0", "m-a-1", "m-a-2"];
    for (const name of names) pods.put(name, { labels: { initialDtlsClusterNodes: "3" } });
    const servers = [pods.run("m-a-0"), pods.run("m-a-1")];
    await Promise.all(servers.map((server) => server.event("node-added")));
    expect(await pods.page("m-a-0", "/ready")).toBe(503);
    servers.push(pods.run("m-a-2"));
    const lines = await Promise.all(servers.map((server) => server.event("ready")));
    expect(lines.map((line) => line["nodes"])).toEqual([3, 3, 3]);
    expect(pods.api.authorizations.every((text) => text === "Bearer token-of-the-pod")).toBe(true);
  });

  it("take the node id from KUBECTL_NODE_ID, else from the name of the pod", async () => {
    pods.put("m-a-2");
    const server = pods.run("m-a-2");
    await server.event("ready");
    expect(server.lines.at(-1)?.["nodeId"] ?? server.lines.at(-1)?.["node"]).toBe(2);
    await server.stop();
    const named = pods.run("m-a-2", [], { KUBECTL_NODE_ID: "7" });
    await named.event("ready");
    expect(named.lines.at(-1)?.["nodeId"] ?? named.lines.at(-1)?.["node"]).toBe(7);
  });

  it("serve on while the API refuses them, and say so once", async () => {
    const server = await serving("m-a-0");
    pods.api.misbehave = (_request, response) => {
      sendStatus(response, 403, "pods is forbidden");
      return true;
    };
    pods.api.cut();
    const line = await server.event("kubernetes-trouble");
    expect(line["msg"]).toMatch(/get, list and watch pods in namespace meters/);
    expect(await pods.page("m-a-0", "/ready")).toBe(200);
    pods.api.misbehave = () => false;
    await server.event("kubernetes-well");
    const troubles = server.lines.filter(({ event }) => event === "kubernetes-trouble");
    expect(troubles).toHaveLength(1);
  });
});

describe("a pod and its double", () => {
  it("hand over when the old one is labelled, and the new one serves", async () => {
    const old = await serving("m-a-0");
    pods.put("m-a-0", gives);
    const next = await serving("m-b-0");
    expect(next.phases).toContain("pre-copy");
    await next.event("took-over");
    await old.phase("relay");
  });

  it("do not serve both: the new one waits until the old one is labelled", async () => {
    await serving("m-a-0");
    pods.put("m-b-0");
    const next = pods.run("m-b-0");
    const line = await next.event("waiting");
    expect(line["reason"]).toMatch(
      /m-a-0 runs and may not be taken over from: label it restore=true/,
    );
    expect([await pods.page("m-b-0", "/alive"), await pods.page("m-b-0", "/ready")]).toEqual([
      200, 503,
    ]);
    pods.put("m-a-0", gives);
    await next.event("took-over");
  });

  it("do not serve both: one that gave and lost its memory waits for as long as the other one serves", async () => {
    const old = await serving("m-a-0");
    pods.put("m-a-0", gives);
    const next = await serving("m-b-0");
    await old.kill();
    pods.put("m-a-0", { isReady: false });
    const again = pods.run("m-a-0");
    await again.event("waiting");
    expect(await pods.page("m-b-0", "/ready")).toBe(200);
    await next.kill();
    pods.remove("m-b-0");
    await again.event("ready");
  });

  it("end at once when they are told to while they wait", async () => {
    await serving("m-a-0");
    pods.put("m-b-0");
    const next = pods.run("m-b-0");
    await next.event("waiting");
    next.signal("SIGTERM");
    expect((await next.ended).code).toBe(0);
  });

  it("take back what they gave when Kubernetes says that the other pod is gone", async () => {
    const old = await serving("m-a-0");
    pods.put("m-a-0", gives);
    const next = await serving("m-b-0");
    await old.phase("relay");
    // It is neither dead nor does it answer: its host accepts connections for it.
    next.signal("SIGSTOP");
    pods.remove("m-b-0");
    await old.event("warn-reclaimed");
    await old.phase("serving");
  });
});

describe("a pod that cannot know its place ends with code 2 and one line", () => {
  const none = mkdtempSync(join(tmpdir(), "no-account-"));
  afterEach(() => rmSync(none, { recursive: true, force: true }));

  type Mistake = readonly [
    name: string,
    line: RegExp,
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
  ];
  const mistakes: readonly Mistake[] = [
    [
      "a host with a scheme",
      /KUBECTL_HOST: "https:\/\/api" .* without a scheme/,
      [],
      { KUBECTL_HOST: "https://api" },
    ],
    [
      "another namespace",
      /404 .* is other \(KUBECTL_NAMESPACE\) the namespace/,
      [],
      { KUBECTL_NAMESPACE: "other" },
    ],
    ["a namespace that is no name", /KUBECTL_NAMESPACE: "O_o"/, [], { KUBECTL_NAMESPACE: "O_o" }],
    [
      "no service account",
      /KUBECTL_TOKEN is empty and there is no/,
      [],
      { KUBECTL_SERVICE_ACCOUNT: none },
    ],
    [
      "a label that the pod lacks",
      /KUBECTL_SELECTOR_LABEL: pod m-a-0 has no label "colour"/,
      [],
      { KUBECTL_SELECTOR_LABEL: "colour" },
    ],
    [
      "a double of its own",
      /--kubernetes and --double exclude each other/,
      ["--double", "x:1"],
      {},
    ],
    [
      "nodes of its own",
      /--kubernetes and --cluster-nodes exclude each other/,
      ["--cluster-nodes", ":1"],
      {},
    ],
  ];

  it.each(mistakes)("%s", async (_name, line, args, environment) => {
    pods.put("m-a-0");
    const server = pods.run("m-a-0", args, environment);
    expect((await server.ended).code).toBe(2);
    expect(server.stderr).toMatch(line);
    expect(server.stderr.trim().split("\n")).toHaveLength(1);
  });

  it.each([
    [401, /the token is not accepted; correct KUBECTL_TOKEN/],
    [403, /allow the service account of the pod to get, list and watch pods in namespace meters/],
  ])("a refusal by %i that lasts", async (status, line) => {
    pods.put("m-a-0");
    pods.api.misbehave = (_request, response) => {
      sendStatus(response, status, "no");
      return true;
    };
    const server = pods.run("m-a-0");
    expect((await server.ended).code).toBe(2);
    expect(server.stderr).toMatch(line);
  });

  it("a label initialDtlsClusterNodes that is no number", async () => {
    pods.put("m-a-0", { labels: { initialDtlsClusterNodes: "three" } });
    const server = pods.run("m-a-0");
    expect((await server.ended).code).toBe(2);
    expect(server.stderr).toMatch(
      /pod m-a-0 has "three" as label initialDtlsClusterNodes; give it/,
    );
  });
});
