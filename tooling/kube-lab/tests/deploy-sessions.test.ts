import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REPOSITORY } from "../src/image/server-context.ts";
import { TEST_IMAGES } from "../src/test-run.ts";
import { DeploySite } from "./support/deploy-site.ts";
import { eventually } from "./support/eventually.ts";
import { labUnderTest } from "./support/lab-under-test.ts";

const lab = labUnderTest();
const site = new DeploySite(lab, "deploy-sessions");
const folder = mkdtempSync(join(tmpdir(), "deploy-sessions-"));
const CLIENTS = 60;

interface Report {
  readonly requests: number;
  readonly transmissionErrors: number;
  readonly handshakesUnderLoad: number;
  readonly failedHandshakes: number;
}

/** Clients that send through the service until they are told to stop. */
class Load {
  readonly #file: string;
  readonly #stopped: Promise<void>;
  readonly #stop: () => void;

  constructor(address: string, name: string) {
    this.#file = join(folder, `${name}.json`);
    const { program, args, env } = lab.inClient(process.execPath, [
      "--conditions=@dtls-cluster/source",
      "--disable-warning=ExperimentalWarning",
      join(REPOSITORY, "apps", "benchmark", "src", "main.ts"),
      `coaps://${address}:5784/benchmark?rlen=40`,
      ...["--clients", `${CLIENTS}`, "--duration", "300", "--interval", "200"],
      ...["--json", this.#file, "--quiet"],
    ]);
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: "ignore" });
    this.#stopped = new Promise((resolve) => child.on("exit", () => resolve()));
    this.#stop = () => child.kill("SIGINT");
  }

  async stop(): Promise<Report> {
    this.#stop();
    await this.#stopped;
    if (!existsSync(this.#file)) throw new Error("the benchmark wrote no report");
    return JSON.parse(readFileSync(this.#file, "utf8")) as Report;
  }
}

async function connections(): Promise<number> {
  const { pods } = await site.status();
  const serving = pods.filter(({ state }) => state === "ready");
  return serving.reduce((sum, pod) => sum + (pod.connections ?? 0), 0);
}

let load: Load;

beforeAll(async () => {
  await site.install(TEST_IMAGES.a, 2);
  const path = "jsonpath={.items[?(@.spec.clusterIP!='None')].spec.clusterIP}";
  const address = await site.kubectl("get", "service", "-o", path);
  load = new Load(address.trim(), "load");
  await eventually(
    "all clients are connected",
    60_000,
    async () => (await connections()) === CLIENTS,
  );
}, 180_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await site.remove();
});

describe("clients under load", () => {
  it("keep their sessions through update0, a rollback from its middle, and a rollback after its end", async () => {
    const killed = await site.run(["update0", "--image", TEST_IMAGES.b], /still relays/);
    expect(killed.code).toBeNull();
    for (const [command, lastLine] of [
      [["rollback"], /a rolled back/],
      [["update0", "--image", TEST_IMAGES.b], /b updated/],
      [["rollback"], /a rolled back/],
    ] as const) {
      const run = await site.run(command);
      expect(run.code, run.problem).toBe(0);
      expect(run.lines.at(-1)).toMatch(lastLine);
      expect(await connections()).toBe(CLIENTS);
    }
    const report = await load.stop();
    expect(report.requests).toBeGreaterThan(CLIENTS);
    expect(report).toMatchObject({
      transmissionErrors: 0,
      handshakesUnderLoad: 0,
      failedHandshakes: 0,
    });
  });
});

describe("update in place", () => {
  it("warns, replaces pod by pod, and can be taken back while it is stuck", async () => {
    const stuck = await site.run([
      "update",
      "--image",
      "localhost/nothing:1",
      "--problem-timeout",
      "5",
    ]);
    expect(stuck.code).toBe(1);
    expect(stuck.problem).toMatch(/warning: update replaces pods in place: \d+ sessions are lost/);
    expect(stuck.problem).toMatch(
      /a does not get ready: \S+-a-1: image localhost\/nothing:1 cannot be had/,
    );
    const back = await site.run(["rollback"]);
    expect(back.code, back.problem).toBe(0);
    const done = await site.run(["update", "--image", TEST_IMAGES.b]);
    expect(done.code, done.problem).toBe(0);
    const { sets, pods } = await site.status();
    expect(sets).toMatchObject([{ colour: "a", image: TEST_IMAGES.b, ready: 2 }]);
    expect(pods.every(({ image }) => image === TEST_IMAGES.b)).toBe(true);
  });
});
