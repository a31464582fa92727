/** The caller gave an option that no channel can use. Network input never raises it. */
export class ClusterChannelUsageError extends Error {
  override readonly name = "ClusterChannelUsageError";
  readonly code = "CLUSTER_CHANNEL_USAGE";
}
