import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as wire from "../src/index.ts";

test("the README's example runs and says what it shows", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const lines: string[] = [];
  const body = code.replace(/import \{([^}]*)\} from "@dtls-cluster\/wire";/, "const {$1} = wire;");
  new Function("wire", "console", body)(wire, { log: (line: unknown) => lines.push(String(line)) });
  const shown = [...code.matchAll(/\/\/ (.*)$/gm)].map(([, text]) => text);
  expect(lines).toEqual(shown);
});
