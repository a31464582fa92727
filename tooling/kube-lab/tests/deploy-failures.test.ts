import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TEST_IMAGES } from "../src/test-run.ts";
import { DeploySite } from "./support/deploy-site.ts";
import { eventually } from "./support/eventually.ts";
import { labUnderTest } from "./support/lab-under-test.ts";

const NODES = 2;
const PAUSE = "localhost/kube-lab-pause:1";
const site = new DeploySite(labUnderTest(), "deploy-failures");

beforeAll(() => site.install(TEST_IMAGES.a, NODES), 120_000);
afterAll(() => site.remove());

/** The pods of the old colour have not been replaced, and serve. */
async function oldPods(): Promise<readonly string[]> {
  const { items } = await site.json<{ items: { metadata: { uid: string } }[] }>("get", "pod");
  return items.map(({ metadata }) => metadata.uid).sort();
}

/** Back to a alone, with the pods and the image it had, none of them marked. */
async function expectRestored(pods: readonly string[]): Promise<void> {
  const { code, problem } = await site.run(["rollback"]);
  expect(code, problem).toBe(0);
  const status = await site.status();
  expect(status.sets).toMatchObject([{ colour: "a", image: TEST_IMAGES.a, ready: NODES }]);
  await eventually(
    "the pods of b are gone",
    60_000,
    async () => (await oldPods()).length === NODES,
  );
  expect(await oldPods()).toEqual(pods);
  const marked = await site.kubectl("get", "pod", "-l", "restore=true", "-o", "name");
  expect(marked).toBe("");
}

describe("while new pods do not get ready, the old colour serves", () => {
  it("an image that cannot be had", async () => {
    const before = await oldPods();
    const { code, problem } = await site.run([
      "update0",
      "--image",
      "localhost/nothing:1",
      "--problem-timeout",
      "5",
    ]);
    expect(code).toBe(1);
    expect(problem).toMatch(
      /b does not get ready: \S+-b-\d: image localhost\/nothing:1 cannot be had/,
    );
    expect(problem).toMatch(/a goes on serving \(2 ready\)/);
    await expectRestored(before);
  });

  it("an image that never gets ready, and then a good one instead", async () => {
    const before = await oldPods();
    const { code, problem } = await site.run(["update0", "--image", PAUSE, "--timeout", "6"]);
    expect(code).toBe(1);
    expect(problem).toMatch(/b (?:stays at 0 of 2 ready|does not get ready)/);
    await expectRestored(before);
  });

  it("a secret that the pods refuse", async () => {
    const before = await oldPods();
    const secret = (await site.kubectl("get", "secret", "-o", "name")).trim().split("\n")[0] ?? "";
    const key = "dtls_cluster_cookie_secret_base64";
    const good = await site.kubectl("get", secret, "-o", `jsonpath={.data.${key}}`);
    const patch = (value: string) =>
      site.kubectl("patch", secret, "-p", JSON.stringify({ data: { [key]: value } }));
    await patch(Buffer.from("%%%").toString("base64"));
    const { code, problem } = await site.run(["update0", "--image", TEST_IMAGES.b]);
    expect(code).toBe(1);
    expect(problem).toMatch(/container crashed \d+ times \(exit code 2\): dtls-cluster-server: /);
    await patch(good);
    await expectRestored(before);
  });

  it("no secret at all: refused before anything is changed", async () => {
    const before = await oldPods();
    const secrets = await site.kubectl("get", "secret", "-o", "json");
    await site.kubectl("delete", "secret", "--all");
    const marks = await site.fingerprint();
    const { code, problem } = await site.run(["update0", "--image", TEST_IMAGES.b]);
    expect(code).toBe(2);
    expect(problem).toMatch(/secret \S+ does not exist .*run install/);
    expect(await site.fingerprint()).toEqual(marks);
    const { items } = JSON.parse(secrets) as {
      items: { metadata: { name: string }; data: object }[];
    };
    for (const { metadata, data } of items) {
      const { name } = metadata;
      const object = { apiVersion: "v1", kind: "Secret", metadata: { name }, data };
      await site.apply(object);
    }
    expect(await oldPods()).toEqual(before);
  });
});

describe("rollback in the middle", () => {
  it("takes back what the new colour had taken over", async () => {
    const killed = await site.run(["update0", "--image", TEST_IMAGES.b], /still relays/);
    expect(killed.code).toBeNull();
    const middle = await site.status();
    expect(middle.underWay).toMatch(/^update0 to b/);
    const rolled = await site.run(["rollback"]);
    expect(rolled.code, rolled.problem).toBe(0);
    const status = await site.status();
    expect(status.sets).toMatchObject([{ colour: "a", image: TEST_IMAGES.a, ready: NODES }]);
    const ready = status.pods.filter(({ state }) => state === "ready");
    // Generation 1 would be a process that began without connections.
    expect(ready.map(({ generation }) => generation)).toEqual([3, 3]);
  });
});

describe("refused, nothing changed", () => {
  it.each([
    [["update0", "--image", "UPPER CASE"], /an image reference is accepted/],
    [["update0", "--namespace", "nowhere-at-all"], /no such namespace; name another one/],
    [["update0", "--context", "elsewhere"], /--context "elsewhere": not in/],
    [["update0", "--kubeconfig", "/nowhere"], /--kubeconfig "\/nowhere": no such file/],
    [["update0", "--colour", "b"], /unknown option '--colour'/],
  ])("%j", async (args, message) => {
    const before = await site.fingerprint();
    const { code, problem } = await site.run(args);
    expect(code).toBe(2);
    expect(problem).toMatch(message);
    expect(problem.trim().split("\n")).toHaveLength(1);
    expect(await site.fingerprint()).toEqual(before);
  });

  it("a statefulset that somebody edited", async () => {
    const [set] = (await site.status()).sets;
    const label = (value: string | null) =>
      site.kubectl(
        "patch",
        "statefulset",
        set?.name ?? "",
        "--type=merge",
        "-p",
        JSON.stringify({
          spec: {
            template: { metadata: { labels: { initialDtlsClusterNodes: value } } },
            updateStrategy: { type: "OnDelete", rollingUpdate: null },
          },
        }),
      );
    await label("many");
    const before = await site.fingerprint();
    const { code, problem } = await site.run(["update0"]);
    expect(code).toBe(2);
    expect(problem).toMatch(/initialDtlsClusterNodes is "many": set it to the number of replicas/);
    expect(await site.fingerprint()).toEqual(before);
    await label(String(NODES));
  });

  it("a user without the rights", async () => {
    const token = (await site.kubectl("create", "token", "default")).trim();
    const limited = await site.kubeconfigFor(token);
    const { code, problem } = await site.run(["update0", "--kubeconfig", limited]);
    expect(code).toBe(2);
    expect(problem).toMatch(
      /the user of the kubeconfig may not get statefulsets.apps, create statefulsets.apps/,
    );
  });
});
