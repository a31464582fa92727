import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as nodes from "../src/index.ts";

test("the README's example runs and says what it shows", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const lines: string[] = [];
  const body = code.replace(
    /import \{([^}]*)\} from "@dtls-cluster\/nodes";/,
    "const {$1} = nodes;",
  );
  const log = (line: unknown) => lines.push(String(line));
  new Function("nodes", "console", body)(nodes, { log });
  const shown = [...code.matchAll(/\/\/ (.*)$/gm)].map(([, text]) => text);
  expect(lines).toEqual(shown);
});
