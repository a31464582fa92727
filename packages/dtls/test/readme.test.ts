import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { createNodeCrypto, createNodeEntropy } from "@dtls-cluster/crypto-node";
import { expect, test } from "vitest";
import { createEndpoint } from "../src/index.ts";

test("the example of the README runs and does what it says", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const example = /```ts\n(?<code>[\s\S]*?)```/.exec(readme)?.groups?.["code"] ?? "";
  const code = stripTypeScriptTypes(example).replaceAll(/^import .*$/gm, "");
  const expected = /\/\/ lines: (?<lines>.*)/.exec(example)?.groups?.["lines"] ?? "none";
  const run = new Function(
    "createNodeCrypto",
    "createNodeEntropy",
    "createEndpoint",
    `${code}\nreturn lines;`,
  );
  expect(run(createNodeCrypto, createNodeEntropy, createEndpoint)).toEqual(
    JSON.parse(`[${expected}]`),
  );
});
