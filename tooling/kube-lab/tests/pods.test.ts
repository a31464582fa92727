import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ClusterPod, DeployedCluster } from "../src/load/deployed-cluster.ts";
import { TEST_IMAGES } from "../src/test-run.ts";
import { eventually } from "./support/eventually.ts";
import { labUnderTest } from "./support/lab-under-test.ts";
import { OwnerWatch } from "./support/owner-watch.ts";
import { metricOf, sumOf } from "./support/pod-metrics.ts";

const CLIENTS = 150;
const READY_WITHIN_MS = 90_000;
const cluster = new DeployedCluster(labUnderTest(), "pods");

async function readyPods(count: number): Promise<ClusterPod[]> {
  return await eventually(`${count} pods are ready`, READY_WITHIN_MS, async () => {
    const pods = await cluster.pods();
    const all = pods.length === count && pods.every(({ isReady }) => isReady);
    return all && pods;
  });
}

describe("pods that end and pods that come", () => {
  beforeAll(() => cluster.install(TEST_IMAGES.a, 3));
  afterAll(() => cluster.remove());

  it("scaling from 3 to 5 keeps every session, and the new pods serve", async () => {
    const load = await cluster.startLoad({ clients: CLIENTS, interval: 500 });
    const watch = new OwnerWatch(cluster);
    await cluster.deploy("install", "--replicas", "5", "--image", TEST_IMAGES.a);
    const pods = await readyPods(5);
    const young = pods.slice(3);
    // kube-proxy learns of ready pods a moment later, and flows that have begun do not move.
    const newcomers = await eventually("new clients reach new pods", READY_WITHIN_MS, async () => {
      const some = { clients: 100, firstClient: CLIENTS, interval: 500 };
      const started = await cluster.startLoad(some);
      if ((await sumOf(young, "dtls_cluster_connections")) > 0) return started;
      await started.stop();
      return false;
    });
    // Who is ready knows enough nodes to serve; the last ones are found within a round of discovery.
    await eventually("every pod knows all five", READY_WITHIN_MS, async () => {
      const known = await Promise.all(pods.map((pod) => metricOf(pod, "dtls_cluster_nodes")));
      return known.every((nodes) => nodes === 5);
    });
    expect(await newcomers.stop()).toMatchObject({ transmissionErrors: 0, failedHandshakes: 0 });
    expect(await load.stop()).toMatchObject({
      transmissionErrors: 0,
      unfinished: 0,
      handshakesUnderLoad: 0,
    });
    expect((await watch.stop()).problems).toEqual([]);
  });

  it("a pod killed by SIGKILL is replaced, and only its own clients begin anew", async () => {
    const load = await cluster.startLoad({
      ...{ clients: CLIENTS, interval: 500, ackTimeout: 1000, maxRetransmit: 2 },
    });
    const watch = new OwnerWatch(cluster);
    const pods = await readyPods(5);
    const victim = pods[1];
    if (victim === undefined) throw new Error("there is no second pod");
    const lost = (await metricOf(victim, "dtls_cluster_connections")) ?? 0;
    expect(lost).toBeGreaterThan(0);
    await cluster.kill(victim);
    await eventually("its container runs again", READY_WITHIN_MS, async () => {
      const after = (await cluster.pods()).find(({ name }) => name === victim.name);
      return after?.restarts === victim.restarts + 1 && after.isReady;
    });
    // 1 + 2 + 4 seconds, by at most 1.5, until the last client gives its request up.
    await eventually("the lost clients are back", 30_000, async () => {
      return (await sumOf(await cluster.pods(), "dtls_cluster_connections")) >= CLIENTS;
    });
    const figures = await load.stop();
    expect(figures.handshakesUnderLoad).toBe(lost);
    expect(figures.transmissionErrors).toBeLessThanOrEqual(lost);
    expect(figures.failedHandshakes).toBe(0);
    expect((await watch.stop()).problems).toEqual([]);
  });
});
