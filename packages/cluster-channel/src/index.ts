/**
 * The secure levels of the channel between the nodes of a DTLS Connection ID cluster, sans-IO.
 *
 * @packageDocumentation
 */
export type { ChannelCounters } from "./counters.ts";
export { ClusterChannelUsageError } from "./errors.ts";
export type {
  ChannelTrouble,
  SecureChannelOptions,
  SecureChannelSink,
  SecureLevel,
} from "./options.ts";
export { SecureChannel } from "./secure-channel.ts";
