/**
 * The nodes of a DTLS Connection ID cluster: who is alive, where, and who owns which node id.
 *
 * @packageDocumentation
 */
export type { ClusterNode, NodeConflict } from "./cluster-node.ts";
export type { Discovery } from "./discovery.ts";
export { NodesUsageError } from "./errors.ts";
export { Membership } from "./membership.ts";
export type {
  Contact,
  MembershipEvent,
  MembershipOptions,
  MembershipSink,
  MembershipStats,
  MembershipTimers,
  PingOutcome,
} from "./membership-options.ts";
export { isNodeId, maxRoutableNodeId } from "./node-id.ts";
export {
  type ClaimResult,
  challengeTime,
  type NodeClaim,
  NodesTable,
  type NodesTableLimits,
} from "./nodes-table.ts";
