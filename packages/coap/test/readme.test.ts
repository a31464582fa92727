import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";

const folder = mkdtempSync(join(import.meta.dirname, "readme-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("the README's example runs and prints what it says", async () => {
  const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  const source = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const wanted = [...source.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map((match) => match[1]);
  const file = join(folder, "example.ts");
  writeFileSync(file, source);
  const printed: string[] = [];
  const log = console.log;
  console.log = (...values: unknown[]) => void printed.push(values.join(" "));
  try {
    await import(/* @vite-ignore */ file);
  } finally {
    console.log = log;
  }
  expect(wanted).not.toHaveLength(0);
  expect(printed).toEqual(wanted);
});
