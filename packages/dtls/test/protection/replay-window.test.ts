import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReplayWindow } from "../../src/protection/index.ts";

/** The window as RFC 6347 section 4.1.2.6 describes it, with all the memory it wants. */
class Model {
  readonly received = new Set<number>();
  newest = -1;

  check(sequence: number): boolean {
    return sequence > this.newest - 64 && !this.received.has(sequence);
  }

  update(sequence: number): void {
    this.received.add(sequence);
    this.newest = Math.max(this.newest, sequence);
  }
}

function agree(window: ReplayWindow, model: Model): void {
  expect(window.newest).toBe(model.newest);
  const differing: number[] = [];
  for (let sequence = Math.max(0, model.newest - 140); sequence <= model.newest + 2; sequence++) {
    if (window.check(sequence) !== model.check(sequence)) {
      differing.push(sequence);
    }
  }
  expect(differing).toEqual([]);
}

describe("replay window", () => {
  it("accepts anything first, and then not again", () => {
    for (const first of [0, 1, 63, 64, 1000, 2 ** 32, 2 ** 48 - 1]) {
      const window = new ReplayWindow();
      expect(window.newest).toBe(-1);
      expect(window.check(first)).toBe(true);
      window.update(first);
      expect(window.check(first)).toBe(false);
      expect(window.newest).toBe(first);
    }
  });

  it.each([1, 2, 31, 32, 33, 62, 63, 64, 65, 127, 128, 129, 2 ** 31, 2 ** 32, 2 ** 32 + 32])(
    "is right after a jump of %d, from a full and from a sparse window",
    (jump) => {
      for (const step of [1, 3]) {
        const window = new ReplayWindow();
        const model = new Model();
        for (let sequence = 0; sequence <= 99; sequence += step) {
          window.update(sequence);
          model.update(sequence);
        }
        window.update(99 + jump);
        model.update(99 + jump);
        agree(window, model);
      }
    },
  );

  it("agrees with a set of all received numbers, whatever comes", () => {
    const steps = fc.array(
      fc.oneof(fc.integer({ min: -70, max: 70 }), fc.constantFrom(31, 32, 33, 63, 64, 65, 128)),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(
        fc.constantFrom(0, 2 ** 31 - 40, 2 ** 32 - 40, 2 ** 47),
        steps,
        (start, jumps) => {
          const window = new ReplayWindow();
          const model = new Model();
          for (const jump of jumps) {
            const sequence = Math.max(0, (model.newest < 0 ? start : model.newest) + jump);
            expect(window.check(sequence)).toBe(model.check(sequence));
            // Only what passes the check is ever opened and marked.
            if (model.check(sequence)) {
              window.update(sequence);
              model.update(sequence);
            }
            agree(window, model);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("goes on elsewhere from its three numbers", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(150), { minLength: 1, maxLength: 80 }), (sequences) => {
        const window = new ReplayWindow();
        const model = new Model();
        for (const sequence of sequences) {
          window.update(sequence);
          model.update(sequence);
        }
        expect(window.low).toBeGreaterThanOrEqual(0);
        expect(window.high).toBeGreaterThanOrEqual(0);
        agree(new ReplayWindow(window.newest, window.low, window.high), model);
      }),
    );
  });

  it("is not changed by a check", () => {
    const window = new ReplayWindow();
    window.update(5);
    window.check(500);
    expect([window.newest, window.low, window.high]).toEqual([5, 1, 0]);
  });
});
