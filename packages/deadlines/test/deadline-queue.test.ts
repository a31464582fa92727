import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Deadline, DeadlineQueue } from "../src/index.ts";

interface Row extends Deadline {
  readonly name: number;
}

const rows = (count: number): Row[] =>
  Array.from({ length: count }, (_, name) => ({ name, dueAt: 0, queueIndex: -1 }));

describe("DeadlineQueue", () => {
  it("hands out due rows in order and keeps later ones", () => {
    const queue = new DeadlineQueue<Row>();
    const [a, b, c] = rows(3) as [Row, Row, Row];
    queue.set(a, 30);
    queue.set(b, 10);
    queue.set(c, 20);
    expect(queue.next).toBe(10);
    expect(queue.takeDue(9)).toBeUndefined();
    expect(queue.takeDue(20)).toBe(b);
    expect(queue.takeDue(20)).toBe(c);
    expect(queue.takeDue(20)).toBeUndefined();
    expect(queue.size).toBe(1);
  });

  it("behaves like a sorted list under any sequence of set, cancel and take", () => {
    const operation = fc.record({
      kind: fc.constantFrom("set", "cancel", "take"),
      row: fc.nat(11),
      at: fc.nat(40),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
        const queue = new DeadlineQueue<Row>();
        const all = rows(12);
        const model = new Map<number, number>();
        for (const { kind, row, at } of operations) {
          const target = all[row] as Row;
          if (kind === "set") {
            queue.set(target, at);
            model.set(row, at);
          } else if (kind === "cancel") {
            queue.cancel(target);
            model.delete(row);
          } else {
            const taken = queue.takeDue(at);
            const earliest = Math.min(...model.values(), Number.POSITIVE_INFINITY);
            if (earliest > at) expect(taken).toBeUndefined();
            else {
              expect(model.get((taken as Row).name)).toBe(earliest);
              model.delete((taken as Row).name);
            }
          }
          expect(queue.size).toBe(model.size);
          expect(queue.next).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
        }
      }),
    );
  });
});
