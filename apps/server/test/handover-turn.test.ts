import { describe, expect, it } from "vitest";
import { handoverTurn } from "../src/handover/handover-turn.ts";

const group = (...ids: number[]) => ids.map((id) => ({ id }));

describe("the turn of a new node", () => {
  it("comes at once for the first node of the group, and for one that is alone", () => {
    expect(handoverTurn(1, group(2, 3))).toBe(0);
    expect(handoverTurn(7, group())).toBe(0);
  });

  it("comes after those of all lower ids, each counted once, the double not at all", () => {
    expect(handoverTurn(2, group(1, 2, 3))).toBe(500);
    expect(handoverTurn(9, group(9, 4, 4, 5, 200))).toBe(1000);
  });

  it("never comes later than after eight", () => {
    const all = group(...Array.from({ length: 256 }, (_, id) => id));
    const turns = all.map(({ id }) => handoverTurn(id, all));
    expect(Math.max(...turns)).toBe(3500);
    expect(turns.filter((ms) => ms === 0)).toHaveLength(32);
  });
});
