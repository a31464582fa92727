import { expect, it } from "vitest";
import { type Deadline, DeadlineQueue } from "../src/index.ts";

interface Retransmission extends Deadline {
  readonly message: string;
}

it("runs the example of the README", () => {
  const queue = new DeadlineQueue<Retransmission>();
  const row: Retransmission = { message: "hello", dueAt: 0, queueIndex: -1 };
  queue.set(row, 2000);
  queue.set(row, 4000);
  expect(queue.next).toBe(4000);
  expect(queue.takeDue(3999)).toBeUndefined();
  expect(queue.takeDue(4000)).toBe(row);
});
