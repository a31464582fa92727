import { WireUsageError } from "./errors.ts";

/** How a cluster's Connection IDs name their node. */
export interface CidLayout {
  /** Octets of every Connection ID of the cluster: RFC 9146 records carry no length. */
  readonly length: number;
  /** Own node id, 0 to 255. */
  readonly nodeId: number;
  /** Writes a new Connection ID of this node into `target`, which has {@link length} octets. */
  fill(target: Uint8Array): void;
  /**
   * Node id in the Connection ID at `offset` of `datagram`, 0 to 255; -1 when the datagram ends
   * before the Connection ID does.
   */
  nodeIdOf(datagram: Uint8Array, offset: number): number;
}

export interface CidLayoutOptions {
  /** Own node id, 0 to 255. */
  readonly nodeId: number;
  /** Octets of a Connection ID, 5 to 32: one for the node and at least four random ones. Default 6. */
  readonly length?: number;
  readonly entropy: { fill(target: Uint8Array): void };
}

/**
 * The plain layout: the node id in the first octet, random octets behind it. Any node reads it, and so
 * does anyone on the path.
 * @throws WireUsageError when the node id or the length is out of range.
 */
export function createCidLayout(options: CidLayoutOptions): CidLayout {
  const { nodeId, entropy } = options;
  const length = options.length ?? 6;
  if (!Number.isInteger(nodeId) || nodeId < 0 || nodeId > 255) {
    throw new WireUsageError(`node id ${nodeId} is not an integer of 0 to 255`);
  }
  if (!Number.isInteger(length) || length < 5 || length > 32) {
    throw new WireUsageError(`Connection ID length ${length} is not an integer of 5 to 32`);
  }
  return {
    length,
    nodeId,
    fill(target) {
      entropy.fill(target);
      target[0] = nodeId;
    },
    nodeIdOf(datagram, offset) {
      return offset + length <= datagram.length ? (datagram[offset] ?? -1) : -1;
    },
  };
}
