const SUB_BUCKET_BITS = 6;
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS;
const LARGEST_MICROS = 0x7fff_ffff;
const BUCKETS = 26 << SUB_BUCKET_BITS;

/** Percentiles of a set of durations, in milliseconds. All 0 when nothing was recorded. */
export interface DurationSummary {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/**
 * Durations in log-linear buckets: exact to the microsecond below 128 µs, within 1/64 above, in 13 kB
 * however many are recorded. Values beyond 35 minutes count as 35 minutes; `maxMs` stays exact.
 */
export class Histogram {
  readonly #buckets = new Float64Array(BUCKETS);
  #count = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  record(durationMs: number): void {
    const index = bucketOf(durationMs);
    this.#buckets[index] = (this.#buckets[index] as number) + 1;
    this.#count += 1;
    if (durationMs > this.#maxMs) this.#maxMs = durationMs;
  }

  /**
   * The smallest bucket bound that at least `fraction` (0 to 1) of the values do not exceed, in
   * milliseconds; never above the largest value.
   */
  percentile(fraction: number): number {
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil(fraction * this.#count));
    let seen = 0;
    for (let index = 0; index < BUCKETS; index += 1) {
      seen += this.#buckets[index] as number;
      if (seen >= rank) return Math.min(upperBoundMs(index), this.#maxMs);
    }
    return this.#maxMs;
  }

  summary(): DurationSummary {
    return {
      p50: this.percentile(0.5),
      p90: this.percentile(0.9),
      p99: this.percentile(0.99),
      p999: this.percentile(0.999),
      max: this.#maxMs,
    };
  }
}

function bucketOf(durationMs: number): number {
  const micros = durationMs * 1000;
  if (!(micros > 0)) return 0;
  const value = micros >= LARGEST_MICROS ? LARGEST_MICROS : Math.floor(micros);
  if (value < 2 * SUB_BUCKETS) return value;
  const shift = 31 - Math.clz32(value) - SUB_BUCKET_BITS;
  return (shift << SUB_BUCKET_BITS) + (value >>> shift);
}

function upperBoundMs(index: number): number {
  if (index < 2 * SUB_BUCKETS) return (index + 1) / 1000;
  const shift = (index >>> SUB_BUCKET_BITS) - 1;
  const base = (index & (SUB_BUCKETS - 1)) + SUB_BUCKETS;
  return ((base + 1) * 2 ** shift) / 1000;
}
