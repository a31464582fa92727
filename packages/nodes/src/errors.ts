/** The caller gave an option that no cluster can use. Network input never raises it. */
export class NodesUsageError extends Error {
  override readonly name = "NodesUsageError";
  readonly code = "NODES_USAGE";
}
