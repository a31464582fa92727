/** The middle of the values, NaN when there are none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** "12.3 (11.9 to 13.0)": the median and how far the runs were apart. */
export function spread(values: readonly number[], digits: number): string {
  const middle = median(values).toFixed(digits);
  if (values.length < 2) return middle;
  const lowest = Math.min(...values).toFixed(digits);
  const highest = Math.max(...values).toFixed(digits);
  return `${middle} (${lowest} to ${highest})`;
}
