import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TEST_IMAGES } from "../src/test-run.ts";
import { DeploySite, type SiteStatus } from "./support/deploy-site.ts";
import { eventually } from "./support/eventually.ts";
import { labUnderTest } from "./support/lab-under-test.ts";

const NODES = 2;
const site = new DeploySite(labUnderTest(), "deploy-update");

/** One colour serves completely, with this image, and nothing is under way. */
async function expectAlone(colour: string, image: string, where = site): Promise<SiteStatus> {
  // On a busy machine a pod's metrics may come too late for one look.
  const status = await eventually("all nodes tell their generation", 20_000, async () => {
    const seen = await where.status();
    return generations(seen).every((generation) => generation !== undefined) && seen;
  });
  expect(status.sets).toMatchObject([{ colour, image, replicas: NODES, ready: NODES }]);
  expect(status.underWay).toBeUndefined();
  const living = status.pods.filter(({ state }) => state !== "ending");
  expect(living.map(({ nodeId, state }) => [nodeId, state])).toEqual([
    [0, "ready"],
    [1, "ready"],
  ]);
  return status;
}

function generations(status: SiteStatus): readonly (number | undefined)[] {
  return status.pods.filter(({ state }) => state === "ready").map(({ generation }) => generation);
}

beforeAll(() => site.install(TEST_IMAGES.a, NODES), 120_000);
afterAll(() => site.remove());

describe("install", () => {
  it("again changes nothing, and refuses what would lose sessions", async () => {
    const before = await site.fingerprint();
    const again = await site.run(["install", "--image", TEST_IMAGES.a]);
    expect(again).toMatchObject({ code: 0 });
    const other = await site.run(["install", "--image", TEST_IMAGES.b]);
    expect(other.code).toBe(2);
    expect(other.problem).toMatch(/update0 changes that without losing sessions/);
    const fewer = await site.run(["install", "--replicas", "1"]);
    expect(fewer.code).toBe(2);
    expect(await site.fingerprint()).toEqual(before);
  });
});

describe("a dry run", () => {
  it.each(["update0", "update", "rollback"])("of %s changes nothing", async (command) => {
    const before = await site.fingerprint();
    const { code, lines } = await site.run([command, "--dry-run", "--image", TEST_IMAGES.b]);
    expect(code).toBe(0);
    expect(lines.some((line) => line.startsWith("would do: "))).toBe(true);
    expect(await site.fingerprint()).toEqual(before);
  });
});

describe("update0", () => {
  it("moves all nodes to b, rollback moves them back, in the next generations", async () => {
    const there = await site.run(["update0", "--image", TEST_IMAGES.b]);
    expect(there.code).toBe(0);
    expect(there.lines[0]).toBe("a reports ready, start update b");
    expect(
      there.lines.some((line) => /^ \d+ secs\. a reports \d, b reports \d of 2 ready\./.test(line)),
    ).toBe(true);
    expect(there.lines.at(-1)).toMatch(/^ \d+ secs\. b updated\. /);
    expect(generations(await expectAlone("b", TEST_IMAGES.b))).toEqual([2, 2]);
    const back = await site.run(["rollback"]);
    expect(back.code).toBe(0);
    expect(generations(await expectAlone("a", TEST_IMAGES.a))).toEqual([3, 3]);
  });
});

/** What the command has just printed when it is killed. */
const MOMENTS = {
  early: [
    ["the labels", /labeled restore=true\n/],
    ["the creation", /statefulset\.apps\/\S+ created/],
    ["the first look at new pods", /reports \d of 2 ready\./],
  ],
  late: [
    ["the first handover", /reports [12] of 2 ready\./],
    ["the last handover", /still relays/],
    ["the deletion", /" deleted/],
  ],
} as const;

describe("update0, killed after any step and started again,", () => {
  const sites = {
    early: new DeploySite(labUnderTest(), "deploy-killed-early"),
    late: new DeploySite(labUnderTest(), "deploy-killed-late"),
  };
  beforeAll(async () => {
    await Promise.all(Object.values(sites).map((each) => each.install(TEST_IMAGES.a, NODES)));
  }, 120_000);
  afterAll(async () => {
    await Promise.all(Object.values(sites).map((each) => each.remove()));
  });

  it.concurrent.each(["early", "late"] as const)("ends the update (%s)", async (part) => {
    const killedSite = sites[part];
    let [from, to] = ["a", "b"];
    for (const [title, moment] of MOMENTS[part]) {
      const image = to === "a" ? TEST_IMAGES.a : TEST_IMAGES.b;
      const killed = await killedSite.run(["update0", "--image", image], moment);
      expect(killed.code, `killed after ${title}`).toBeNull();
      const again = await killedSite.run(["update0", "--image", image]);
      expect(again, `started again after ${title}: ${again.problem}`).toMatchObject({ code: 0 });
      const [first = 0] = generations(await expectAlone(to, image, killedSite));
      expect(first, `after ${title} every node was handed over`).toBeGreaterThan(1);
      [from, to] = [to, from];
    }
  });
});
