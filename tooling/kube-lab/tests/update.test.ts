import { worstWindow } from "@dtls-cluster/netlab/load-figures";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DeployedCluster } from "../src/load/deployed-cluster.ts";
import { TEST_IMAGES } from "../src/test-run.ts";
import { labUnderTest } from "./support/lab-under-test.ts";
import { OwnerWatch } from "./support/owner-watch.ts";

const CLIENTS = 400;
const cluster = new DeployedCluster(labUnderTest(), "update");

describe("a blue/green update under load, through kube-proxy and its conntrack", () => {
  beforeAll(() => cluster.install(TEST_IMAGES.a, 3));
  afterAll(() => cluster.remove());

  it("to the other colour and back loses no request, no session, and never has two owners", async () => {
    const load = await cluster.startLoad({ clients: CLIENTS, interval: 500 });
    const watch = new OwnerWatch(cluster);
    for (const image of [TEST_IMAGES.b, TEST_IMAGES.a]) {
      await cluster.deploy("update0", "--image", image, "--drain-quiet", "5");
    }
    const { problems, looks } = await watch.stop();
    const figures = await load.stop();
    // Reported, not judged: on a busy machine answers are late, and clients repeat what was not lost.
    const worst = worstWindow(figures.seconds ?? [], 10);
    console.log(
      `${figures.requests} requests, ${figures.retransmissions} retransmissions (worst 10 s: ${worst.toFixed(3)} %)`,
    );

    expect(figures.requests).toBeGreaterThan(10 * CLIENTS);
    expect(figures).toMatchObject({
      transmissionErrors: 0,
      answerErrors: 0,
      unfinished: 0,
      handshakes: CLIENTS,
      failedHandshakes: 0,
      handshakesUnderLoad: 0,
    });
    expect(looks).toBeGreaterThan(0);
    expect(problems).toEqual([]);
    // Those of b may still be ending, but serve no more.
    const ready = (await cluster.pods()).filter(({ isReady }) => isReady);
    expect(ready.map(({ name }) => name)).toEqual([
      "dtls-cluster-a-0",
      "dtls-cluster-a-1",
      "dtls-cluster-a-2",
    ]);
    expect(await cluster.kubectl("get", "statefulset", "--output", "name")).toBe(
      "statefulset.apps/dtls-cluster-a\n",
    );
  });
});
