import { describe, expect, it } from "vitest";
import { explore } from "./model/explore.ts";
import { MUTANTS } from "./model/mutants.ts";
import { SCENARIOS } from "./model/scenarios.ts";

// Each rule is broken alone; the exploration must then find a story in which something goes wrong.
describe("breaking a rule is found", () => {
  for (const mutant of MUTANTS) {
    it(mutant.rule, () => {
      const scenario = SCENARIOS.find((one) => one.name.startsWith(mutant.scenario));
      if (scenario === undefined) throw new RangeError(`no scenario ${mutant.scenario}`);
      const { violation, trace, states } = explore(scenario, mutant.reduce);
      console.log(`${mutant.rule}: ${violation} after ${trace.length} steps, ${states} states`);
      expect(violation).toBeDefined();
    });
  }
});
