import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it, vi } from "vitest";

it("the example of the README runs and prints what it says", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const expected = [...example.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map((match) => match[1]);
  expect(expected.length).toBeGreaterThan(0);

  const folder = mkdtempSync(fileURLToPath(new URL("readme-", import.meta.url)));
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  try {
    writeFileSync(
      `${folder}/example.ts`,
      example.replace("@dtls-cluster/crypto-node", "../../src/index.ts"),
    );
    await import(`${folder}/example.ts`);
    expect(log.mock.calls.map(([value]) => String(value))).toEqual(expected);
  } finally {
    log.mockRestore();
    rmSync(folder, { recursive: true });
  }
});
