import { describe, expect, it } from "vitest";
import type { Request } from "../../src/plan/checks.ts";
import { planInstall } from "../../src/plan/install-plan.ts";
import type { Observation } from "../../src/plan/observation.ts";
import { planRollback } from "../../src/plan/rollback-plan.ts";
import { planUpdate } from "../../src/plan/update-plan.ts";
import { planUpdate0 } from "../../src/plan/update0-plan.ts";
import { installed, podOf, setOf } from "../support/observations.ts";

const FRESH: Request = { image: undefined, hasBegun: false, isDrained: { a: true, b: true } };
const EMPTY: Observation = { sets: {}, pods: [] };

/** An update from a to b in which b serves the given nodes. */
function underWay(
  taken: readonly number[],
  activity: "update0" | "rollback" = "update0",
): Observation {
  return {
    sets: {
      a: setOf("a"),
      b: setOf("b", { image: "server:2", term: 2, activity, previousImage: "server:1" }),
    },
    pods: [0, 1, 2].flatMap((node) => [
      podOf("a", node, { isGiver: true, isReady: !taken.includes(node) }),
      podOf("b", node, { image: "server:2", isReady: taken.includes(node) }),
    ]),
  };
}

function refusal(step: { readonly type: string; readonly problem?: string }): string {
  expect(step.type).toBe("refuse");
  return step.problem ?? "";
}

describe("what every command refuses", () => {
  it.each([planUpdate0, planUpdate, planRollback])("an empty namespace", (plan) => {
    expect(refusal(plan(EMPTY, { ...FRESH, image: "server:2" }))).toMatch(/run install/);
  });

  it.each([planUpdate0, planUpdate, planRollback])("a set that somebody edited", (plan) => {
    const seen = installed({});
    const sets = { a: setOf("a", { faults: ["its pods are odd: mend them"] }) };
    expect(refusal(plan({ ...seen, sets }, { ...FRESH, image: "server:2" }))).toBe(
      "statefulset server-a: its pods are odd: mend them",
    );
  });

  it.each([planUpdate0, planRollback])("two colours ready that nothing connects", (plan) => {
    const seen = { sets: { a: setOf("a"), b: setOf("b") }, pods: [podOf("a", 0), podOf("b", 0)] };
    expect(refusal(plan(seen, FRESH))).toMatch(/a reports 1, b reports 1.*delete the statefulset/);
  });
});

describe("update0", () => {
  it("begins only when all pods are ready, and says which one is not", () => {
    const seen = installed({});
    const problem = { text: "container crashed", isFinal: false };
    const pods = [...seen.pods.slice(0, 2), podOf("a", 2, { isReady: false, problem })];
    expect(refusal(planUpdate0({ ...seen, pods }, FRESH))).toMatch(
      /^a reports 2 of 3 ready \(server-a-2: container crashed\)/,
    );
  });

  it("refuses no replicas and an unfinished roll-out", () => {
    const none = { sets: { a: setOf("a", { replicas: 0 }) }, pods: [] };
    expect(refusal(planUpdate0(none, FRESH))).toMatch(/0 replicas/);
    const rolling = { ...installed({}), sets: { a: setOf("a", { image: "server:2" }) } };
    expect(refusal(planUpdate0(rolling, FRESH))).toMatch(/wait for the roll-out/);
  });

  it("waits until pods of an earlier colour are gone", () => {
    const seen = installed({});
    const step = planUpdate0(
      { ...seen, pods: [...seen.pods, podOf("b", 0, { isReady: false })] },
      FRESH,
    );
    expect(step).toMatchObject({ type: "wait", progress: { reason: "end" } });
  });

  it("replaces a new colour that has taken nothing when another image is given", () => {
    const step = planUpdate0(underWay([]), { ...FRESH, image: "server:3" });
    expect(step).toEqual({ type: "act", action: { type: "delete-set", colour: "b" } });
  });

  it("keeps a new colour that has taken connections, whatever the image", () => {
    const step = planUpdate0(underWay([0, 2]), { ...FRESH, image: "server:3" });
    expect(refusal(step)).toMatch(/already serves node 0, 2 with server:2/);
  });

  it("never deletes the old colour before it has drained", () => {
    const step = planUpdate0(underWay([0, 1, 2]), { ...FRESH, isDrained: { a: false, b: true } });
    expect(step).toMatchObject({ type: "wait", progress: { reason: "drain" } });
  });

  it("does not delete the old colour while one of its pods still serves", () => {
    const seen = underWay([0, 1, 2]);
    const pods = seen.pods.map((pod) =>
      pod.name === "server-a-1" ? { ...pod, isReady: true } : pod,
    );
    const step = planUpdate0({ ...seen, pods }, FRESH);
    expect(step).toMatchObject({ type: "wait", progress: { reason: "handover", sourceReady: 1 } });
  });

  it("does not delete the old colour while the new one is incomplete", () => {
    const seen = underWay([0, 1, 2]);
    const pods = seen.pods.filter((pod) => pod.name !== "server-b-2");
    const step = planUpdate0({ ...seen, pods }, FRESH);
    expect(step).toMatchObject({ type: "wait", progress: { reason: "ready", targetReady: 2 } });
  });

  it("leaves a rollback, and sizes that differ, to the operator", () => {
    expect(refusal(planUpdate0(underWay([1], "rollback"), FRESH))).toMatch(/run rollback/);
    const seen = underWay([]);
    const sets = { ...seen.sets, a: setOf("a", { replicas: 4 }) };
    expect(refusal(planUpdate0({ ...seen, sets }, FRESH))).toMatch(/4 replicas and server-b 3/);
  });

  it("removes a set that is left over from elsewhere, once it relays no more", () => {
    const pods = [0, 1, 2].flatMap((node) => [
      podOf("b", node),
      podOf("a", node, { isReady: false }),
    ]);
    const seen = { sets: { a: setOf("a"), b: setOf("b") }, pods };
    const waiting = planUpdate0(seen, { ...FRESH, isDrained: { a: false, b: false } });
    expect(waiting).toMatchObject({ type: "wait", progress: { reason: "drain", target: "b" } });
    expect(planUpdate0(seen, FRESH)).toEqual({
      type: "act",
      action: { type: "delete-set", colour: "a" },
    });
  });
});

describe("rollback", () => {
  it("needs an earlier image", () => {
    expect(refusal(planRollback(installed({}), FRESH))).toMatch(/give it by --image/);
  });

  it("goes back in the middle of an update to the image of the old colour only", () => {
    const step = planRollback(underWay([1]), { ...FRESH, image: "server:0" });
    expect(refusal(step)).toMatch(/only server:1 of a can be gone back to/);
  });

  it("deletes an old pod only when its double serves and it does not", () => {
    const seen = underWay([1], "rollback");
    const sets = { a: setOf("a", { term: 3, activity: "rollback" as const }), b: seen.sets.b };
    const marked = seen.pods.map((pod) =>
      pod.name === "server-b-1" ? { ...pod, isGiver: true } : pod,
    );
    const observation = {
      sets: { a: sets.a, b: setOf("b", { term: 2, image: "server:2" }) },
      pods: marked,
    };
    // Readiness alone is late by seconds: the pod must say that it relays.
    const unsure = marked.map((pod) =>
      pod.name === "server-a-1" ? { ...pod, phase: "serving" } : pod,
    );
    expect(planRollback({ ...observation, pods: unsure }, FRESH).type).toBe("wait");
    const sure = marked.map((pod) =>
      pod.name === "server-a-1" ? { ...pod, phase: "relay" } : pod,
    );
    expect(planRollback({ ...observation, pods: sure }, FRESH)).toMatchObject({
      type: "act",
      action: { type: "delete-pod", pod: { name: "server-a-1" } },
    });
  });

  it("does not mark a pod as giver that never took over", () => {
    const seen = underWay([1], "rollback");
    const sets = {
      a: setOf("a", { term: 3, activity: "rollback" as const }),
      b: setOf("b", { term: 2, image: "server:2" }),
    };
    const step = planRollback({ ...seen, sets }, FRESH);
    expect(step).toMatchObject({ type: "act", action: { type: "label-pods" } });
    if (step.type !== "act" || step.action.type !== "label-pods") throw new Error("unreachable");
    expect(step.action.pods.map((pod) => pod.name)).toEqual(["server-b-1"]);
  });
});

describe("update", () => {
  it("needs an image, and no other activity", () => {
    expect(refusal(planUpdate(installed({}), FRESH))).toMatch(/needs --image/);
    expect(refusal(planUpdate(underWay([]), { ...FRESH, image: "server:3" }))).toMatch(
      /run update0/,
    );
  });

  it("does nothing when the image runs already", () => {
    const step = planUpdate(installed({}), { ...FRESH, image: "server:1" });
    expect(step).toMatchObject({ type: "done" });
  });
});

describe("install", () => {
  const more = { ...FRESH, replicas: undefined, defaultReplicas: 3 };

  it("creates a with the manifest's size, or the one given", () => {
    const step = planInstall(EMPTY, { ...more, image: "server:1" });
    expect(step).toMatchObject({
      type: "act",
      action: { type: "create-set", colour: "a", replicas: 3 },
    });
    const five = planInstall(EMPTY, { ...more, image: "server:1", replicas: 5 });
    expect(five).toMatchObject({ action: { replicas: 5 } });
  });

  it("again changes nothing, scales up only, and leaves images to update0", () => {
    expect(planInstall(installed({ colour: "b" }), more)).toMatchObject({
      type: "done",
      colour: "b",
    });
    const five = planInstall(installed({}), { ...more, replicas: 5 });
    expect(five).toMatchObject({ action: { type: "scale", replicas: 5 } });
    expect(refusal(planInstall(installed({}), { ...more, replicas: 2 }))).toMatch(/sessions/);
    expect(refusal(planInstall(installed({}), { ...more, image: "server:2" }))).toMatch(/update0/);
    expect(refusal(planInstall(underWay([1]), more))).toMatch(/run update0 to end it/);
  });
});
