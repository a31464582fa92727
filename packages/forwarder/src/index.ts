/**
 * Which node a datagram belongs to, and how it and its answer get there.
 *
 * @packageDocumentation
 */
export type {
  BackwardOutcome,
  ClusterOutcome,
  DrainOutcome,
  ForwarderCounters,
  ForwarderOutcome,
  PublicOutcome,
} from "./counters.ts";
export { Forwarder } from "./forwarder.ts";
export type { ForwarderOptions, ForwarderSink } from "./forwarder-options.ts";
export type { FrameProtection } from "./protection.ts";
export { noConnectionId, nodeIdIn, notRoutable } from "./route.ts";
