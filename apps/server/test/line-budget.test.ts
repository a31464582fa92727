import { expect, it } from "vitest";
import { LineBudget } from "../src/node/line-budget.ts";

it("lets so many lines through in ten seconds, and counts the rest once", () => {
  const budget = new LineBudget(3);
  const taken = (times: number, now: number): number =>
    Array.from({ length: times }, () => budget.take(now)).filter(Boolean).length;
  expect(taken(1000, 0)).toBe(3);
  expect(taken(1000, 9999)).toBe(0);
  expect(budget.takeLeftOut()).toBe(1997);
  expect(budget.takeLeftOut()).toBe(0);
  expect(taken(5, 10_000)).toBe(3);
});
