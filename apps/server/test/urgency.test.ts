import { getPriority, setPriority } from "node:os";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Urgency } from "../src/handover/urgency.ts";

const ordinary = getPriority();
let mayRaise = false;

beforeEach(() => {
  vi.useFakeTimers();
  try {
    setPriority(ordinary - 1);
    mayRaise = true;
  } catch {
    mayRaise = false;
  }
  if (mayRaise) setPriority(ordinary);
});
afterEach(() => {
  vi.useRealTimers();
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
      vi.advanceTimersByTime(50);
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
    vi.advanceTimersByTime(50);
    expect(getPriority()).toBe(ordinary);
  });

  it("stays until the answers have left, and is not lost in between when the next freeze comes", () => {
    const urgency = new Urgency(false);
    urgency.enter("freeze");
    urgency.enter("late");
    expect(getPriority() < ordinary).toBe(mayRaise);
    urgency.enter("freeze");
    vi.advanceTimersByTime(50);
    expect(getPriority() < ordinary).toBe(mayRaise);
    urgency.enter("late");
    vi.advanceTimersByTime(50);
    expect(getPriority()).toBe(ordinary);
  });
});
