import { describe, expect, it } from "vitest";
import { stepHandover } from "../src/index.ts";
import { explore } from "./model/explore.ts";
import { SCENARIOS } from "./model/scenarios.ts";

// EXPLORE_STEPS=18 raises the bounds that there are, for a search that may take minutes and gigabytes.
const moreSteps = Number(process.env["EXPLORE_STEPS"] ?? 0);

describe("every interleaving", () => {
  for (const scenario of SCENARIOS) {
    it(`${scenario.name} (${scenario.rules})`, () => {
      const maxDepth = scenario.maxDepth && Math.max(scenario.maxDepth, moreSteps);
      const bounds = maxDepth === undefined ? {} : { maxDepth };
      const outcome = explore({ ...scenario, ...bounds }, stepHandover);
      const bound = maxDepth === undefined ? "of any length" : `of up to ${maxDepth} steps`;
      console.log(
        `${scenario.name}: every story ${bound}, up to ${scenario.maxAttempts} attempts a taker: ` +
          `${outcome.states} states, the longest ${outcome.depth} steps away, ${outcome.healed} healed`,
      );
      expect({ violation: outcome.violation, trace: outcome.trace }).toEqual({
        violation: undefined,
        trace: [],
      });
    });
  }
});
