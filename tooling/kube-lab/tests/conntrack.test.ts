import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, it } from "vitest";
import { createLab } from "../src/create-lab.ts";
import { buildServerImage } from "../src/image/server-image.ts";
import type { Lab } from "../src/lab.ts";
import { removeLab } from "../src/remove-lab.ts";
import { TEST_IMAGES } from "../src/test-run.ts";
import { eventually } from "./support/eventually.ts";
import { labUnderTest } from "./support/lab-under-test.ts";

const NAMESPACE = "conntrack";
const KEEPING = `keep-${process.pid}`;
const PORT = 7000;

/** A pod that answers every datagram with its name. */
function pod(name: string): unknown {
  const program = `const s = require("dgram").createSocket("udp4", (m, from) =>
    s.send(process.env.HOSTNAME, from.port, from.address)).bind(${PORT});
    process.on("SIGTERM", () => process.exit());`;
  const container = {
    name: "echo",
    image: TEST_IMAGES.a,
    imagePullPolicy: "Never",
    command: ["node", "-e", program],
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: "echo" } },
    spec: { containers: [container] },
  };
}

const SERVICE = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "echo" },
  spec: { selector: { app: "echo" }, ports: [{ port: PORT, protocol: "UDP" }] },
};

/** Starts two pods behind a service; returns its address. */
async function startEcho(lab: Lab): Promise<string> {
  const kubectl = (...args: readonly string[]): Promise<string> =>
    lab.kubectl(["--namespace", NAMESPACE, ...args], { timeoutMs: 90_000 });
  await lab.kubectl(["create", "namespace", NAMESPACE]);
  const items = [pod("one"), pod("two"), SERVICE];
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  await eventually("the namespace has its service account", 10_000, () =>
    lab.kubectl(["--namespace", NAMESPACE, "apply", "-f", "-"], { input: list }),
  );
  await kubectl("wait", "--for=condition=Ready", "pod/one", "pod/two", "--timeout=60s");
  return await kubectl("get", "service", "echo", "-o", "jsonpath={.spec.clusterIP}");
}

const SENDER = `const s = require("dgram").createSocket("udp4", (m) => console.log(String(m)));
  setInterval(() => s.send("?", ${PORT}, process.argv[1]), 100);`;

/** One socket of a client that asks ten times a second, as long as it is open. */
class Flow {
  readonly #child: ChildProcess;
  #answers = 0;
  #pod = "";

  constructor(lab: Lab, address: string) {
    const { program, args } = lab.inClient(process.execPath, ["-e", SENDER, address]);
    this.#child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
    if (this.#child.stdout === null) throw new Error("no output");
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.#answers += 1;
      this.#pod = line;
    });
  }

  /** The pod that answers now. */
  async pod(): Promise<string> {
    const before = this.#answers;
    await eventually("an answer", 10_000, async () => this.#answers > before + 1);
    return this.#pod;
  }

  close(): void {
    this.#child.kill();
  }
}

/** Takes the pod of a flow out of the service, while it goes on running. @returns the pod that answers five seconds later. */
async function afterLeaving(
  lab: Lab,
): Promise<{ readonly before: string; readonly after: string }> {
  const flow = new Flow(lab, await startEcho(lab));
  try {
    const before = await flow.pod();
    await lab.kubectl(["--namespace", NAMESPACE, "label", "pod", before, "app-"]);
    await eventually("the service has one pod", 20_000, async () => {
      const path = "jsonpath={.items[*].endpoints[*].targetRef.name}";
      const slices = ["get", "endpointslices", "-l", "kubernetes.io/service-name=echo", "-o", path];
      const pods = await lab.kubectl(["--namespace", NAMESPACE, ...slices]);
      return pods.trim() !== "" && !pods.split(" ").includes(before);
    });
    await new Promise((resolve) => setTimeout(resolve, 5000));
    return { before, after: await flow.pod() };
  } finally {
    flow.close();
  }
}

describe("the flow of a client whose pod leaves the service", () => {
  afterAll(async () => {
    await labUnderTest().kubectl(["delete", "namespace", NAMESPACE, "--wait=false"]);
    await removeLab(KEEPING);
  });

  it("moves to another pod", async () => {
    const { before, after } = await afterLeaving(labUnderTest());
    expect([before, after].sort()).toEqual(["one", "two"]);
  });

  it("stays where it is with --keep-conntrack", async () => {
    const lab = await createLab({ name: KEEPING, nodes: 1, isOwned: true, keepsConntrack: true });
    const { archive } = await buildServerImage({ tag: "a" });
    await lab.importImage(archive);
    const { before, after } = await afterLeaving(lab);
    expect(after).toBe(before);
  });
});
