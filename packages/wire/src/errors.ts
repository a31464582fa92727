/** The caller gave an option that no cluster can use. Network input never raises it. */
export class WireUsageError extends Error {
  override readonly name = "WireUsageError";
  readonly code = "WIRE_USAGE";
}
