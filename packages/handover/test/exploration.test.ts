import { describe, expect, it } from "vitest";
import { stepHandover } from "../src/index.ts";
import { explore } from "./model/explore.ts";
import { SCENARIOS } from "./model/scenarios.ts";

// EXPLORE_STATES=2000000 raises the bound for a search that may take minutes.
const maxStates = Number(process.env["EXPLORE_STATES"] ?? 60_000);

describe("every interleaving", () => {
  for (const scenario of SCENARIOS) {
    it(`${scenario.name} (${scenario.rules})`, () => {
      const outcome = explore({ ...scenario, maxStates }, stepHandover);
      const bound = outcome.isComplete ? "all of them" : "bound reached";
      console.log(
        `${scenario.name}: ${outcome.states} states (${bound}), depth ${outcome.depth}, ${outcome.healed} healed`,
      );
      expect({ violation: outcome.violation, trace: outcome.trace }).toEqual({
        violation: undefined,
        trace: [],
      });
    });
  }
});
