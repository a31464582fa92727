import type { ClusterNode } from "@dtls-cluster/nodes";

/** A copy of thousands of connections takes about as long on a busy host. */
const TURN_MS = 500;
/** Large clusters begin anew with the first turn, so that nobody waits for long. */
const TURNS = 8;

/**
 * How many milliseconds a new node waits, once its group is complete, before it asks its double for the connections.
 * The nodes of a group become complete at the same moment; without turns they would all freeze together, on hosts
 * that they may share.
 */
export function handoverTurn(ownId: number, group: Iterable<Pick<ClusterNode, "id">>): number {
  const lower = new Set<number>();
  for (const { id } of group) if (id < ownId) lower.add(id);
  return (lower.size % TURNS) * TURN_MS;
}
