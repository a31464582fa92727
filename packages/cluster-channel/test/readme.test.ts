import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { createHmacKey, createNodeCrypto, createNodeEntropy } from "@dtls-cluster/crypto-node";
import { createCidLayout } from "@dtls-cluster/wire";
import { expect, test } from "vitest";
import { SecureChannel } from "../src/index.ts";

test("the example of the README runs and does what it says", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const example = /```ts\n(?<code>[\s\S]*?)```/.exec(readme)?.groups?.["code"] ?? "";
  const code = stripTypeScriptTypes(example)
    .replaceAll(/^import .*$/gm, "")
    .replaceAll(/^(?<call>\w+\.protection.*\));.*$/gm, "lines.push($<call>);");
  const said = /\/\/ lines: (?<lines>.*)/.exec(example)?.groups?.["lines"] ?? "none";
  const returned = [...example.matchAll(/^\w+\.protection.*; \/\/ (?<value>.*)$/gm)];
  const expected: unknown[] = JSON.parse(`[${said}]`);
  for (const { groups } of returned) expected.push(JSON.parse(groups?.["value"] ?? "null"));
  const names = {
    SecureChannel,
    createHmacKey,
    createNodeCrypto,
    createNodeEntropy,
    createCidLayout,
  };
  const run = new Function(...Object.keys(names), `${code}\nreturn lines;`);
  expect(run(...Object.values(names))).toEqual(expected);
  expect(expected).toHaveLength(3);
});
