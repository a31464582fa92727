import fc from "fast-check";
import { expect, test } from "vitest";
import { Histogram } from "../src/histogram.ts";

const durations = fc.array(fc.double({ min: 0, max: 120_000, noNaN: true }), {
  minLength: 1,
  maxLength: 300,
});

function exactPercentile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(fraction * sorted.length)) - 1] as number;
}

test("a percentile is never below the exact one and at most 1/64 or one microsecond above", () => {
  fc.assert(
    fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, fraction) => {
      const histogram = new Histogram();
      for (const value of values) histogram.record(value);
      const exact = exactPercentile(values, fraction);
      const estimate = histogram.percentile(fraction);
      expect(estimate).toBeGreaterThanOrEqual(exact);
      expect(estimate).toBeLessThanOrEqual(exact * (1 + 1 / 64) + 0.001 + 1e-9);
    }),
  );
});

test("percentiles never fall as the fraction rises, and the last one is the maximum", () => {
  fc.assert(
    fc.property(durations, (values) => {
      const histogram = new Histogram();
      for (const value of values) histogram.record(value);
      const { p50, p90, p99, p999, max } = histogram.summary();
      expect([p50, p90, p99, p999, max]).toEqual([p50, p90, p99, p999, max].sort((a, b) => a - b));
      expect(max).toBe(Math.max(...values));
      expect(histogram.percentile(1)).toBe(max);
      expect(histogram.count).toBe(values.length);
    }),
  );
});

test("an empty histogram reports zeros", () => {
  expect(new Histogram().summary()).toEqual({ p50: 0, p90: 0, p99: 0, p999: 0, max: 0 });
});

test("durations beyond the range keep their exact maximum", () => {
  const histogram = new Histogram();
  histogram.record(1e9);
  expect(histogram.maxMs).toBe(1e9);
  expect(histogram.percentile(0.5)).toBeLessThanOrEqual(1e9);
});
