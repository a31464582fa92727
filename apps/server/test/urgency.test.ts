import { getPriority, setPriority } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Urgency } from "../src/handover/urgency.ts";

const ordinary = getPriority();
let mayRaise = false;

beforeEach(() => {
  try {
    setPriority(ordinary - 1);
    mayRaise = true;
  } catch {
    mayRaise = false;
  }
  if (mayRaise) setPriority(ordinary);
});
afterEach(() => {
  if (mayRaise) setPriority(ordinary);
});

describe("the priority of a process in a handover", () => {
  it.each([
    ["a giver", false, ["freeze"]],
    ["a taker", true, ["pre-copy", "freeze", "activate"]],
  ] as const)("%s is urgent while clients wait for it, and not longer", (_who, isTaker, urgent) => {
    const urgency = new Urgency(isTaker);
    const raised: string[] = [];
    for (const phase of ["pre-copy", "freeze", "activate", "late", "relay"] as const) {
      if (phase === "activate" && !isTaker) continue;
      urgency.enter(phase);
      if (getPriority() < ordinary) raised.push(phase);
    }
    // Without the permission nothing may change, and nothing may throw.
    expect(raised).toEqual(mayRaise ? urgent : []);
    expect(getPriority()).toBe(ordinary);
  });

  it("a taker that serves is as ordinary as any giver in its own next copy", () => {
    const urgency = new Urgency(true);
    urgency.enter("pre-copy");
    urgency.enter("serving");
    urgency.enter("pre-copy");
    expect(getPriority()).toBe(ordinary);
  });
});
