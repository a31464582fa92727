import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TEST_IMAGES } from "../src/test-run.ts";
import { eventually } from "./support/eventually.ts";
import { labUnderTest } from "./support/lab-under-test.ts";

const NAMESPACE = "image";
const lab = labUnderTest();
const kubectl = (...args: readonly string[]): Promise<string> =>
  lab.kubectl(["--namespace", NAMESPACE, ...args]);

/** As strict as Pod Security knows it; the namespace accepts nothing less. */
const POD = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "server" },
  spec: {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: "server",
        image: TEST_IMAGES.a,
        imagePullPolicy: "Never",
        args: ["--psk", "one:secret", "--http", ":8080", "--batch", "on"],
        readinessProbe: { httpGet: { path: "/ready", port: 8080 }, periodSeconds: 1 },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
      },
    ],
  },
};

interface NodeImage {
  readonly names: readonly string[];
  readonly sizeBytes: number;
}

describe("the image of the server", () => {
  beforeAll(async () => {
    await lab.kubectl(["create", "namespace", NAMESPACE]);
    await kubectl(
      ...["label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted"],
    );
    await lab.kubectl(["--namespace", NAMESPACE, "apply", "-f", "-"], {
      input: JSON.stringify(POD),
    });
  });
  afterAll(() => lab.kubectl(["delete", "namespace", NAMESPACE, "--wait=false"]));

  it("serves as an ordinary user with nothing but its process", async () => {
    await kubectl("wait", "--for=condition=Ready", "pod/server", "--timeout=60s");
    const node = (script: string): Promise<string> =>
      kubectl("exec", "server", "--", "node", "--print", script);
    expect(await node("process.getuid()")).toBe("65532\n");
    const first = 'require("fs").readFileSync("/proc/1/cmdline", "utf8").split("\\0")[1]';
    expect(await node(first)).toBe("/app/dist/main.js\n");
    const programs =
      'require("fs").readdirSync("/usr/local/bin").join() + require("fs").existsSync("/bin")';
    expect(await node(programs)).toBe("nodefalse\n");
  });

  it("is smaller than 200 MB", async () => {
    const path = "jsonpath={.items[0].status.images}";
    // A node tells its images every ten seconds.
    const image = await eventually("the node tells the image", 40_000, async () => {
      const images = JSON.parse(await lab.kubectl(["get", "nodes", "-o", path])) as NodeImage[];
      return images.find(({ names }) => names.includes(TEST_IMAGES.a));
    });
    expect(image.sizeBytes).toBeGreaterThan(50_000_000);
    expect(image.sizeBytes).toBeLessThan(200_000_000);
  });

  it("ends by itself on SIGTERM", async () => {
    const logs = kubectl("logs", "--follow", "server");
    await kubectl("delete", "pod", "server");
    expect(await logs).toMatch(/"event":"stopped"/);
  });
});
