import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DeployError, KubeError, UsageError } from "../../src/errors.ts";
import { loadKubeConfig } from "../../src/kube/kube-config.ts";
import { readCommandLine } from "../../src/options/command-line.ts";
import { readSettings, type Settings } from "../../src/options/settings.ts";

function read(argv: readonly string[], environment: Record<string, string> = {}): Settings {
  const line = readCommandLine(argv, environment, "1.2.3");
  if (line === undefined) throw new Error("nothing to do");
  return readSettings(line);
}

describe("options", () => {
  it("have defaults", () => {
    expect(read(["update0"])).toMatchObject({
      command: "update0",
      namespace: "cali",
      isJson: false,
      isDryRun: false,
      image: undefined,
      patience: { readyMs: 300_000, problemMs: 30_000 },
      drain: { quietMs: 30_000, blindMs: 120_000, limitMs: 240_000 },
    });
  });

  it("come from the environment, and from flags in the first place", () => {
    const environment = {
      KUBECTL_NAMESPACE: "meters",
      KUBECTL_CONTEXT: "--context=remote",
      K8S_REPLICAS: "5",
      DTLS_CLUSTER_DEPLOY_DRY_RUN: "yes",
      DTLS_CLUSTER_DEPLOY_IMAGE: `registry.example:5000/server:2@sha256:${"a".repeat(64)}`,
    };
    const settings = read(["install", "--namespace", "cars"], environment);
    expect(settings).toMatchObject({ namespace: "cars", context: "remote", isDryRun: true });
    expect(settings.install.replicas).toBe(5);
    expect(settings.image).toMatch(/^registry.example:5000\/server:2@sha256:/);
  });

  it.each([
    [["update0", "--image", "server 2"], '--image "server 2": an image reference is accepted'],
    [["update0", "--namespace", "Cali"], '--namespace "Cali": small letters'],
    [["install", "--replicas", "0"], '--replicas "0": a whole number from 1 to 256 is accepted'],
    [["install", "--replicas", "three"], '--replicas "three": a whole number'],
    [["update0", "--timeout", "-1"], '--timeout "-1": a number of seconds'],
    [["install", "--psk-file", "/nowhere"], '--psk-file "/nowhere": not readable (ENOENT)'],
    [["install", "--cluster-secret", "c2hvcnQ="], "--cluster-secret: base64 of at least 16 bytes"],
    [["status", "--image", "x"], "unknown option '--image'"],
    [["update0", "--colour", "b"], "unknown option '--colour'"],
    [["upgrade"], "unknown command 'upgrade'"],
    [["update0", "b"], "too many arguments"],
    [[], "a command is needed: install, update, update0"],
  ])("%j is refused: %s", (argv, message) => {
    const error = (() => {
      try {
        return read(argv);
      } catch (caught) {
        return caught;
      }
    })();
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toContain(message);
    expect(String(error)).not.toContain("\n");
  });

  it("names the variable that is wrong", () => {
    expect(() => read(["update0"], { DTLS_CLUSTER_DEPLOY_DRY_RUN: "perhaps" })).toThrow(
      'DTLS_CLUSTER_DEPLOY_DRY_RUN "perhaps": true or false is accepted',
    );
    expect(() => read(["install"], { K8S_REPLICAS: "x" })).toThrow('K8S_REPLICAS "x"');
  });
});

describe("the kubeconfig", () => {
  const directory = mkdtempSync(join(tmpdir(), "kubeconfig-"));
  afterAll(() => rmSync(directory, { recursive: true }));
  const file = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };
  const good = file(
    "good",
    JSON.stringify({
      "current-context": "one",
      clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
      users: [{ name: "u", user: { token: "t" } }],
      contexts: [{ name: "one", context: { cluster: "c", user: "u" } }],
    }),
  );

  it("is found by option, or by KUBECONFIG", () => {
    const choice = { file: good, context: undefined, variable: "/nowhere" };
    expect(loadKubeConfig(choice).getCurrentContext()).toBe("one");
    const byVariable = { file: undefined, context: "one", variable: good };
    expect(loadKubeConfig(byVariable).getCurrentCluster()?.server).toBe("https://127.0.0.1:1");
  });

  it.each([
    [{ file: "/nowhere" }, '--kubeconfig "/nowhere": no such file'],
    [{ variable: "/nowhere" }, 'KUBECONFIG "/nowhere": no such file'],
    [{ file: file("bad", "{ not yaml") }, "not a kubeconfig"],
    [{ file: good, context: "two" }, '--context "two": not in'],
    [{ file: file("empty", "apiVersion: v1\nkind: Config\n") }, "has no current context"],
  ])("%j is refused: %s", (choice, message) => {
    const whole = { file: undefined, context: undefined, variable: undefined, ...choice };
    expect(() => loadKubeConfig(whole)).toThrow(UsageError);
    expect(() => loadKubeConfig(whole)).toThrow(message);
  });
});

it("errors have names and stable codes", () => {
  const errors = [new UsageError(""), new DeployError(""), new KubeError(404, "")];
  expect(errors.map(({ name, code }) => [name, code])).toEqual([
    ["UsageError", "DEPLOY_USAGE"],
    ["DeployError", "DEPLOY_FAILED"],
    ["KubeError", "DEPLOY_KUBE"],
  ]);
});
