import { readFileSync } from "node:fs";
import type { ConnectionState } from "@dtls-cluster/dtls";
import { describe, expect, it } from "vitest";
import { load, save } from "./readme-example.ts";
import { sampleConnection } from "./support/sample-states.ts";

describe("the README", () => {
  it("shows an example that works", () => {
    const states = [1, 2, 3].map((index) => sampleConnection(index));
    const loaded: ConnectionState[] = [];
    load(save(states), (state) => loaded.push(state));
    expect(loaded).toEqual(states);
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const example = readFileSync(new URL("readme-example.ts", import.meta.url), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  });
});
