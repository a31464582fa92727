/** Largest node id that a Connection ID can name; the cluster wire carries 32 bits. */
export const maxRoutableNodeId = 255;

/** True for an id that a ping can carry. Ids above {@link maxRoutableNodeId} are members without records. */
export function isNodeId(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id <= 0xffff_ffff;
}
