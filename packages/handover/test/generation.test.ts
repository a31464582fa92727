import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { divide } from "../src/generation.ts";
import { firstSequence, GENERATION_COUNT, lastSequence } from "../src/index.ts";

describe("generations", () => {
  it("have blocks of sequence numbers without a gap, all below what a peer of Californium takes", () => {
    expect(firstSequence(0)).toBe(0);
    expect(firstSequence(7)).toBe(lastSequence(6) + 1);
    expect(lastSequence(GENERATION_COUNT - 1)).toBe(2 ** 40 - 1);
  });

  it("are divided into parts that nobody shares, and that leave nothing unnamed", () => {
    const ranges = fc.tuple(fc.nat(65_536), fc.nat(65_536));
    fc.assert(
      fc.property(ranges, ([a, b]) => {
        const range = { next: Math.min(a, b), end: Math.max(a, b) };
        const division = divide(range);
        if (division === undefined) return range.end - range.next < 4;
        const { grant, rest, reserve } = division;
        expect(grant.generation).toBe(range.next);
        expect(grant.range).toEqual(rest);
        const borders = [range.next + 1, rest.next, rest.end, reserve.next, reserve.end];
        expect(borders).toEqual([...borders].sort((x, y) => x - y));
        expect([reserve.end, grant.spare.end]).toEqual([grant.spare.next, range.end]);
        return rest.next < rest.end && reserve.next < reserve.end;
      }),
    );
  });

  it("last for hundreds of updates of one cluster", () => {
    let range = { next: 2, end: GENERATION_COUNT };
    let updates = 0;
    for (let next = divide(range); next !== undefined; next = divide(range)) {
      range = next.rest;
      updates += 1;
    }
    expect(updates).toBeGreaterThan(500);
  });
});
