import { eventually } from "@dtls-cluster/testkit";
import type { PodLike } from "@dtls-cluster/testkit/kubernetes-api";
import { afterEach, describe, expect, it } from "vitest";
import { beginning, doubleName } from "../src/double.ts";
import { DoubleRecord } from "../src/double-record.ts";
import { doubleName as publicDoubleName } from "../src/index.ts";
import type { Pod } from "../src/pod.ts";
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

const restore = { labels: { restore: "true" } };

function pod(name: string, more: Partial<Pod> = {}): Pod {
  const state = { isRunning: true, isReady: true, hasEnded: false, createdAt: 1000 };
  return { name, uid: `uid-${name}`, addresses: ["10.0.0.1"], labels: {}, ...state, ...more };
}

describe("the name of the double", () => {
  it.each([
    ["meters-a-1", "meters-b-1"],
    ["meters-b-10", "meters-a-10"],
    ["a-a-0", "a-b-0"],
    ["meters-1", undefined],
    ["meters-c-1", undefined],
    ["metersa-1", undefined],
  ])("of %s is %s", (name, double) => {
    expect(publicDoubleName(name)).toBe(double);
    expect(doubleName(name)).toBe(double);
  });
});

describe("how a process begins", () => {
  const gives = { labels: { restore: "TRUE" } };
  const down = { isRunning: false, isReady: false };
  const own = pod("m-b-1", { createdAt: 2000 });
  const LONG = 60_000;

  it("owns where it has no double, or one that has ended", () => {
    expect(beginning(own, undefined, 0).type).toBe("own");
    expect(beginning(own, pod("m-a-1", { ...gives, hasEnded: true }), 0).type).toBe("own");
  });

  it("takes over from a double that gives", () => {
    const double = pod("m-a-1", gives);
    expect(beginning(own, double, 0)).toEqual({ type: "take", from: double });
    const busy = pod("m-a-1", { ...gives, isReady: false });
    expect(beginning(own, busy, LONG)).toEqual({ type: "take", from: busy });
  });

  it("never takes back: a pod that gives waits while its double runs", () => {
    const giver = pod("m-a-1", gives);
    expect(beginning(giver, own, LONG).type).toBe("wait");
    expect(beginning(giver, pod("m-b-1", gives), LONG).type).toBe("wait");
    expect(beginning(giver, { ...own, isReady: false }, 1000).type).toBe("wait");
  });

  it("lets a pod that gives serve again when its double cannot", () => {
    const giver = pod("m-a-1", gives);
    expect(beginning(giver, { ...own, ...down }, 1000).type).toBe("wait");
    expect(beginning(giver, { ...own, ...down }, 3000).type).toBe("own");
    expect(beginning(giver, { ...own, isReady: false }, 30_000).type).toBe("own");
  });

  it("waits while a double without the label serves", () => {
    expect(beginning(own, pod("m-a-1"), LONG)).toMatchObject({
      type: "wait",
      reason: expect.stringContaining("label it restore=true, or delete it"),
    });
  });

  it("lets one of two begin that start at the same time without a label", () => {
    const first = pod("m-a-1", { isReady: false });
    const second = { ...own, isReady: false };
    expect(beginning(first, second, LONG).type).toBe("own");
    expect(beginning(second, first, LONG).type).toBe("wait");
    const twin = { ...first, name: "m-b-1" };
    expect([beginning(first, twin, 0).type, beginning(twin, first, 0).type]).toEqual([
      "own",
      "wait",
    ]);
  });

  it("never lets two of any states begin as owners together, while both run", () => {
    const states = [true, false].flatMap((isReady) =>
      [{}, { restore: "true" }].map((labels) => ({ isReady, labels })),
    );
    for (const a of states) {
      for (const b of states) {
        const one = pod("m-a-1", a);
        const other = pod("m-b-1", b);
        const both = [beginning(one, other, 0).type, beginning(other, one, 0).type];
        expect(both).not.toEqual(["own", "own"]);
      }
    }
  });
});

describe("the double in a cluster", () => {
  it("is found by the other colour and the ordinal", async () => {
    const cluster = await start(meter("m-b-1"), meter("m-a-1", restore), meter("m-a-0", restore));
    const nodes = await cluster.nodes("m-b-1");
    const begun = await nodes.begin(() => undefined, new AbortController().signal);
    expect(begun).toMatchObject({
      type: "take",
      from: { name: "m-a-1", addresses: ["10.0.97.1"] },
    });
  });

  it("may be taken over from as soon as it is labelled", async () => {
    const cluster = await start(meter("m-b-1"), meter("m-a-1"));
    const nodes = await cluster.nodes("m-b-1");
    const reasons: string[] = [];
    const begun = nodes.begin((reason) => reasons.push(reason), new AbortController().signal);
    await eventually(() => reasons.length === 1);
    cluster.api.put(meter("m-a-1", restore));
    expect(await begun).toMatchObject({ type: "take" });
  });

  it("that vanishes is waited for no longer", async () => {
    const cluster = await start(meter("m-b-1"), meter("m-a-1"));
    const nodes = await cluster.nodes("m-b-1");
    const begun = nodes.begin(() => cluster.api.remove("m-a-1"), new AbortController().signal);
    expect(await begun).toEqual({ type: "own" });
  });

  it("waits no longer than its caller", async () => {
    const cluster = await start(meter("m-b-1"), meter("m-a-1"));
    const nodes = await cluster.nodes("m-b-1");
    const controller = new AbortController();
    const begun = nodes.begin(() => controller.abort(new Error("stopped")), controller.signal);
    await expect(begun).rejects.toThrow("stopped");
  });

  it("of a pod without colour is the one that gives among those with the same label", async () => {
    const cluster = await start(meter("m-x7f"), meter("m-y8g"), meter("m-z9h", restore));
    const nodes = await cluster.nodes("m-x7f", { restoreSelectorLabel: "app" });
    const { signal } = new AbortController();
    const begun = await nodes.begin(() => undefined, signal);
    expect(begun).toMatchObject({ type: "take", from: { name: "m-z9h" } });
    cluster.api.put(meter("m-y8g", restore));
    await eventually(() => nodes.double === undefined);
    expect(await nodes.begin(() => undefined, signal)).toEqual({ type: "own" });
  });

  it("is gone when its pod is, and when another pod has its name; not while the API is silent", async () => {
    const cluster = await start(meter("m-b-1"), meter("m-a-1", restore));
    const nodes = await cluster.nodes("m-b-1");
    await nodes.ready();
    expect(nodes.isGone("10.0.97.1")).toBe(false);
    expect(nodes.isGone("10.0.97.9")).toBe(false);
    cluster.api.misbehave = () => true;
    cluster.api.cut();
    await eventually(() => cluster.troubles.length > 0);
    expect(nodes.isGone("10.0.97.1")).toBe(false);
    cluster.api.misbehave = () => false;
    cluster.api.put(meter("m-a-1", { uid: "another", address: "10.0.97.8" }));
    await eventually(() => nodes.isGone("::ffff:10.0.97.1"));
    expect(nodes.isGone("10.0.97.8")).toBe(false);
    cluster.api.remove("m-a-1");
    await eventually(() => nodes.isGone("10.0.97.8"));
  });

  it("whose container ended is gone only when no other one followed for five seconds", () => {
    let now = 0;
    const record = new DoubleRecord(() => now);
    record.update(pod("m-a-1"));
    record.update(pod("m-a-1", { isRunning: false }));
    now = 4999;
    expect(record.isGone("10.0.0.1")).toBe(false);
    record.update(pod("m-a-1"));
    record.update(pod("m-a-1", { isRunning: false }));
    now = 9998;
    expect(record.isGone("10.0.0.1")).toBe(false);
    now = 9999;
    expect(record.isGone("10.0.0.1")).toBe(true);
  });
});
