/** The operator asked for something that cannot be: one sentence that names option and value. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code = "BENCHMARK_USAGE";
}
