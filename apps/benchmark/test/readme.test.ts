import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EchoServer, startEchoServer } from "./echo-server.ts";
import { nodeBinary, runMain } from "./run-main.ts";

const folder = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(`${folder}README.md`, "utf8");
let server: EchoServer;
beforeAll(async () => {
  server = await startEchoServer("coaps");
});
afterAll(() => server.close());

/** The first fenced block of a language, asking the test's server instead of one at the usual port. */
function example(language: string): string {
  const block = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(readme)?.[1] ?? "";
  return block.replace("5784", String(server.port)).trim();
}

test("the command of the README runs", async () => {
  const [name, ...args] = example("sh").split(" ");
  expect(name).toBe("dtls-cluster-benchmark");
  const { code, stdout } = await runMain(args.map((arg) => arg.replaceAll('"', "")));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^50 of 50 clients connected in /);
});

test("the program of the README runs", async () => {
  const { stdout } = await promisify(execFile)(
    nodeBinary,
    ["--conditions=@dtls-cluster/source", "--input-type=module-typescript", "-e", example("ts")],
    { cwd: folder, timeout: 30_000 },
  );
  expect(stdout).toMatch(/^totals: {5}\d+ requests/);
});

test("every option that the README names exists", () => {
  const table = readFileSync(`${folder}src/option-table.ts`, "utf8");
  for (const [, option] of readme.matchAll(/`(--[a-z-]+)/g)) {
    if (option !== "--help") expect(table).toContain(`"${option}`);
  }
});
