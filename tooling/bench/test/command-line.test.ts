import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { benchmarks } from "../src/benchmarks.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

function bench(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=@dtls-cluster/source", "--disable-warning=ExperimentalWarning", MAIN, ...args],
    { encoding: "utf8", timeout: 30_000 },
  );
  return { status, stdout, stderr };
}

test("--help lists every benchmark", () => {
  const { status, stdout } = bench("--help");
  expect(status).toBe(0);
  for (const { name, summary } of benchmarks) {
    expect(stdout).toMatch(new RegExp(`^  ${name} +${summary.slice(0, 20)}`, "m"));
  }
});

test("an unknown name is one line and exit code 2", () => {
  const { status, stdout, stderr } = bench("frobnicate");
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^unknown benchmark "frobnicate"; known: echo, request, .*\n$/);
});

test.each([
  ["--runs", "0"],
  ["--seconds", "1.5"],
])("%s %s is refused", (option, value) => {
  const { status, stderr } = bench(option, value);
  expect(status).toBe(2);
  expect(stderr).toMatch(/Accepted is an integer from 1 to \d+/);
});
