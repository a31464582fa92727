import { readFileSync } from "node:fs";
import { createNodeEntropy } from "@dtls-cluster/crypto-node";
import type { ConnectionState } from "@dtls-cluster/dtls";
import { readCaliforniumState } from "@dtls-cluster/state/californium";
import { describe, expect, it } from "vitest";
import { giveBack, takeOver } from "./readme-example.ts";
import { plainVector } from "./samples.ts";

describe("the README", () => {
  it("shows an example that works", () => {
    const states: ConnectionState[] = [];
    const reports = takeOver(plainVector(), (state) => states.push(state));
    expect(states).toHaveLength(5);
    expect(reports).toHaveLength(0);
    const back = readCaliforniumState(giveBack(states, createNodeEntropy()), { wallTime: 0 });
    expect(back.connections).toHaveLength(5);
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const example = readFileSync(new URL("readme-example.ts", import.meta.url), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  });
});
