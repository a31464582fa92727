import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DeployedCluster } from "../src/load/deployed-cluster.ts";
import { TEST_IMAGES } from "../src/test-run.ts";
import { eventually } from "./support/eventually.ts";
import { labUnderTest } from "./support/lab-under-test.ts";
import { metricOf } from "./support/pod-metrics.ts";

const CLIENTS = 150;
const MINUTE_MS = 60_000;
/** A node that does not answer is forgotten after ten seconds. */
const EXPIRED_AFTER_MS = 12_000;
const FOUND_WITHIN_MS = 90_000;
const lab = labUnderTest();
const cluster = new DeployedCluster(lab, "api-server");

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Lets load run while something is wrong with the API server: no client may notice. */
async function serveDuring(trouble: () => Promise<void>): Promise<void> {
  const load = await cluster.startLoad({ clients: CLIENTS, interval: 500 });
  await trouble();
  expect(await load.stop()).toMatchObject({
    transmissionErrors: 0,
    unfinished: 0,
    handshakesUnderLoad: 0,
  });
}

/** Deletes a pod; its successor has another address, which the other pods learn from the API server alone. */
async function findsNewPod(name: string): Promise<void> {
  const before = (await cluster.pods()).find((pod) => pod.name === name);
  await cluster.kubectl("delete", "pod", name, "--wait=false", "--grace-period=1");
  await eventually("the new one is ready", FOUND_WITHIN_MS, async () => {
    const after = (await cluster.pods()).find((pod) => pod.name === name);
    return after !== undefined && after.uid !== before?.uid && after.isReady;
  });
  // Until then the others may still count the old one.
  await pause(EXPIRED_AFTER_MS);
  await eventually("all pods know all others", FOUND_WITHIN_MS, async () => {
    const pods = await cluster.pods();
    const known = await Promise.all(pods.map((pod) => metricOf(pod, "dtls_cluster_nodes")));
    return known.every((count) => count === 3);
  });
}

async function answers(): Promise<void> {
  await eventually("the API server answers", MINUTE_MS, () =>
    lab.kubectl(["get", "--raw", "/readyz"]),
  );
}

const isAsked = process.env["DTLS_KUBE_LAB_LONG"] !== undefined;
if (!isAsked) console.log("api-server: skipped, it takes three minutes: set DTLS_KUBE_LAB_LONG=1");

describe.skipIf(!isAsked)("trouble with the API server", () => {
  beforeAll(() => cluster.install(TEST_IMAGES.a, 3));
  afterAll(async () => {
    lab.signal("kube-apiserver", "SIGCONT");
    await answers();
    await cluster.remove();
  });

  it("stopped for a minute: the cluster serves on, and finds a new pod when it is back", async () => {
    await serveDuring(async () => {
      await lab.stopApiServer();
      await pause(MINUTE_MS);
    });
    await lab.startApiServer();
    await answers();
    await findsNewPod("dtls-cluster-a-1");
  });

  it("slow: the cluster serves on, and finds a new pod all the same", async () => {
    let isSlow = true;
    const slowness = (async () => {
      while (isSlow) {
        lab.signal("kube-apiserver", "SIGSTOP");
        await pause(700);
        lab.signal("kube-apiserver", "SIGCONT");
        await pause(300);
      }
    })();
    try {
      await serveDuring(() => pause(10_000));
      await findsNewPod("dtls-cluster-a-2");
    } finally {
      isSlow = false;
      await slowness;
    }
  });
});
