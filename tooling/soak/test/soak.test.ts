import { describe, expect, it } from "vitest";
import { Ledger } from "../src/ledger.ts";
import { soak } from "../src/soak.ts";

describe.each([
  [1, 10],
  // Has a question that is repeated after more than 32 newer ones.
  [5, 30],
])(
  "devices of seed %i on an unkind network for %i minutes, over handovers and kills",
  (seed, minutes) => {
    it("get no wrong answer, no double execution, and no nonce comes twice", () => {
      const result = soak(seed, minutes);
      expect(result).toMatchObject({ wrongAnswers: 0, doubleExecutions: 0, noncesTwice: 0 });
      expect(result.answers).toBeGreaterThan(1000);
      expect(result.handovers).toBeGreaterThan(10);
      expect(result.kills).toBeGreaterThan(3);
    });
  },
);

it("the same seed does the same", () => {
  expect(soak(3, 2)).toEqual(soak(3, 2));
});

it("the ledger sees double executions and wrong answers", () => {
  const ledger = new Ledger();
  ledger.answer("a", "done a");
  ledger.execute("b");
  ledger.execute("b");
  ledger.answer("b", "done c");
  expect([ledger.wrongAnswers, ledger.doubleExecutions]).toEqual([2, 1]);
});
