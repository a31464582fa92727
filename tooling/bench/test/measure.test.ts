import { expect, test } from "vitest";
import { cpuBetween, cpuTimeOf } from "../src/measure/process-cpu.ts";
import { residentMemoryOf } from "../src/measure/resident-memory.ts";
import { median, spread } from "../src/measure/statistics.ts";

test("the median of odd and even numbers of runs", () => {
  expect(median([10, 9, 1])).toBe(9);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
  expect(spread([10, 9, 1], 1)).toBe("9.0 (1.0 to 10.0)");
  expect(spread([10], 0)).toBe("10");
});

test("CPU time and memory of a process are those that it reports itself", () => {
  const before = cpuTimeOf(process.pid);
  const start = process.cpuUsage();
  let used = process.cpuUsage(start);
  while (used.user + used.system < 100_000) used = process.cpuUsage(start);
  const { total, user, system } = cpuBetween(before, cpuTimeOf(process.pid));
  expect(total).toBe(user + system);
  expect(total).toBeGreaterThanOrEqual(80_000);
  expect(total).toBeLessThanOrEqual(used.user + used.system + 1_000_000);
  const { anonymous, total: resident } = residentMemoryOf(process.pid);
  expect(anonymous).toBeGreaterThan(0);
  expect(resident).toBeGreaterThanOrEqual(anonymous);
});

test("a process that is gone has no figures", () => {
  expect(() => cpuTimeOf(2 ** 30)).toThrow();
  expect(() => residentMemoryOf(2 ** 30)).toThrow();
});
