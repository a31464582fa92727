import { readFileSync } from "node:fs";
import * as nodes from "@dtls-cluster/nodes";
import * as wire from "@dtls-cluster/wire";
import { expect, test } from "vitest";
import * as forwarder from "../src/index.ts";

test("the README's example runs and says what it shows", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const lines: string[] = [];
  const body = code.replace(
    /import (\{[^}]*\}) from "@dtls-cluster\/(\w+)";/g,
    "const $1 = $2Module;",
  );
  const log = (line: unknown) => lines.push(String(line));
  new Function("nodesModule", "wireModule", "forwarderModule", "console", body)(
    nodes,
    wire,
    forwarder,
    { log },
  );
  const shown = [...code.matchAll(/\/\/ (.*)$/gm)].map(([, text]) => text);
  expect(lines).toEqual(shown);
});
