import { describe, expect, it } from "vitest";
import { connectionRules, packetRules } from "../src/net/service-rules.ts";

const endpoint = (index: number) => ({ index, address: `10.244.${index}.2` });
const three = [1, 2, 3].map(endpoint);

describe("connectionRules", () => {
  it("gives each endpoint the same chance and the last one all that is left", () => {
    const chances = connectionRules(three, [])
      .split("\n")
      .filter((line) => line.startsWith("-A SVC"))
      .map((line) => /--probability (\S+)/.exec(line)?.[1] ?? "1");
    let left = 1;
    for (const chance of chances) {
      expect(left * Number(chance)).toBeCloseTo(1 / 3, 8);
      left *= 1 - Number(chance);
    }
    expect(left).toBe(0);
  });

  it("leads each endpoint's chain to its address", () => {
    const rules = connectionRules(three, []);
    for (const { index, address } of three) {
      expect(rules).toContain(
        `-A SEP-${index} -p udp -m udp -j DNAT --to-destination ${address}:5784`,
      );
    }
  });

  it("empties and deletes the chains of removed endpoints after nothing leads there", () => {
    const rules = connectionRules([endpoint(4)], [endpoint(1)]);
    expect(rules).not.toContain("-j SEP-1");
    expect(rules.indexOf(":SEP-1 ")).toBeGreaterThan(0);
    expect(rules.indexOf("-X SEP-1")).toBeGreaterThan(rules.indexOf("-j SEP-4"));
  });
});

describe("packetRules", () => {
  it("takes turns: every 3rd, every 2nd of the rest, the rest", () => {
    const jumps = packetRules(three, [])
      .split("\n")
      .filter((line) => line.startsWith("-A SVC"));
    expect(jumps).toEqual([
      "-A SVC -m statistic --mode nth --every 3 --packet 0 -g SEP-1",
      "-A SVC -m statistic --mode nth --every 2 --packet 0 -g SEP-2",
      "-A SVC -g SEP-3",
    ]);
  });
});
