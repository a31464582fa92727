import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { expect, test, vi } from "vitest";
import { simulate, testSeeds } from "../src/index.ts";

test("the README's example runs", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const [, example = ""] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  const code = stripTypeScriptTypes(example).replace(/^import .*$/m, "");
  const watched = vi.fn(simulate);
  new Function("simulate", "testSeeds", code)(watched, testSeeds);
  expect(watched).toHaveBeenCalledTimes(testSeeds(20).length);
});
