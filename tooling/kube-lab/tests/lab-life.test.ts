import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { PAUSE_IMAGE } from "../src/cluster/node-files.ts";
import { createLab } from "../src/create-lab.ts";
import { REPOSITORY } from "../src/image/server-context.ts";
import { Lab } from "../src/lab.ts";
import { labFolder, readRecord } from "../src/lab-record.ts";
import { removeAbandonedLabs, removeLab } from "../src/remove-lab.ts";
import { eventually } from "./support/eventually.ts";
import { labUnderTest } from "./support/lab-under-test.ts";

const NAME = `life-${process.pid}`;
const OTHER = `${NAME}-2`;

/** Everything on this machine that carries the name of a lab. */
function traces(name: string): string[] {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  const groups = mounts
    .map((line) => line.split(" "))
    .filter(([, , type]) => type === "cgroup" || type === "cgroup2")
    .map(([, path = ""]) => join(path, "dtls-kube-lab", name));
  const processes = readdirSync("/proc").filter((pid) => {
    try {
      const command = /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : "";
      return command.includes(`${labFolder(name)}/`);
    } catch {
      return false;
    }
  });
  return [
    ...[labFolder(name), ...groups].filter((path) => existsSync(path)),
    ...mounts.filter((line) => line.includes(`${labFolder(name)}`)),
    ...processes.map((pid) => `process ${pid}`),
  ];
}

function command(...args: readonly string[]): ChildProcess {
  const main = join(REPOSITORY, "tooling", "kube-lab", "src", "main.ts");
  return spawn(process.execPath, ["--conditions=@dtls-cluster/source", main, ...args], {
    stdio: "ignore",
  });
}

describe("a lab", () => {
  afterAll(async () => {
    await removeLab(NAME);
    await removeLab(OTHER);
  });

  it("of two nodes runs beside others, and leaves nothing when it goes", async () => {
    const lab = await createLab({ name: NAME, nodes: 2, isOwned: true });
    expect(lab.programs()).toHaveLength(5 + 2 * 3);
    const image = `--image=${PAUSE_IMAGE}`;
    await lab.kubectl(["create", "deployment", "pause", image, "--replicas=4"]);
    await lab.kubectl(["rollout", "status", "deployment/pause", "--timeout=60s"], {
      timeoutMs: 70_000,
    });
    const where = await lab.kubectl(["get", "pods", "-o", "jsonpath={.items[*].spec.nodeName}"]);
    expect([...new Set(where.split(" "))].sort()).toEqual(["node-1", "node-2"]);
    const ours = await labUnderTest().kubectl(["get", "nodes", "-o", "name"]);
    expect(ours.trim().split("\n")).toHaveLength(labUnderTest().nodes.length);

    await lab.remove();
    expect(traces(NAME)).toEqual([]);
  });

  it("whose first process is killed is removed by the next command", async () => {
    const lab = await createLab({ name: NAME, nodes: 1, isOwned: false });
    const leader = readRecord(NAME)?.leader?.pid;
    if (leader === undefined) throw new Error("the lab has no first process");
    process.kill(leader, "SIGKILL");
    await eventually("its programs end", 10_000, async () =>
      lab.programs().every(({ isRunning }) => !isRunning),
    );
    expect(() => Lab.open(NAME)).toThrow(/is not up/);
    expect(await removeAbandonedLabs()).toContain(NAME);
    expect(traces(NAME)).toEqual([]);
  });

  it("that was killed while it came up is removed by the next command", async () => {
    const up = command("up", "--name", OTHER);
    await eventually("it has begun", 30_000, async () => readRecord(OTHER)?.leader !== undefined);
    up.kill("SIGKILL");
    await new Promise((resolve) => up.on("exit", resolve));
    expect(await removeAbandonedLabs()).toContain(OTHER);
    expect(traces(OTHER)).toEqual([]);
  });

  it("that is interrupted while it comes up leaves nothing", async () => {
    const up = command("up", "--name", OTHER);
    await eventually("it has begun", 30_000, async () => readRecord(OTHER)?.leader !== undefined);
    up.kill("SIGTERM");
    expect(await new Promise((resolve) => up.on("exit", resolve))).toBe(143);
    expect(traces(OTHER)).toEqual([]);
  });

  it("stays while its owner runs", async () => {
    expect(await removeAbandonedLabs()).not.toContain(labUnderTest().name);
  });
});
