import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as handover from "../src/index.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

describe("README", () => {
  it("has an example that runs and prints what it says", () => {
    const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    const names = /import \{ (.*) \} from "@dtls-cluster\/handover";\n/.exec(code);
    const printed: unknown[][] = [];
    const log = { log: (...values: unknown[]) => printed.push(values) };
    const body = code.slice((names?.index ?? 0) + (names?.[0].length ?? 0));
    const example = new Function("console", `{ ${names?.[1]} }`, body);
    example(log, handover);
    expect(printed).toEqual([[false, true]]);
  });

  it("names every output and every input", () => {
    const sources = ["outputs", "inputs"].map((name) =>
      readFileSync(new URL(`../src/${name}.ts`, import.meta.url), "utf8"),
    );
    const names = sources.flatMap((source) => [...source.matchAll(/"([a-z]+-[a-z-]+)"/g)]);
    const refusals = ["copy-outstanding", "generations-exhausted", "handed-over", "not-owner"];
    const expected = names
      .map((match) => match[1] as string)
      .filter((name) => ![...refusals, "stale-attempt", "pre-copy"].includes(name));
    expect(expected.filter((name) => !readme.includes(`\`${name}`))).toEqual([]);
  });
});
