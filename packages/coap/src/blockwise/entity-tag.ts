const PRIME = 0x01000193;

/**
 * An ETag of 8 bytes for a body without one, computed from its bytes, so that every node and every execution that
 * makes the same body gives it the same tag. Not for security: it only tells states of one resource apart.
 */
export function entityTag(body: Uint8Array): Uint8Array {
  let forward = 0x811c9dc5;
  let backward = 0x811c9dc5 ^ body.length;
  for (let index = 0; index < body.length; index += 1) {
    forward = Math.imul(forward ^ (body[index] as number), PRIME);
    backward = Math.imul(backward ^ (body[body.length - 1 - index] as number), PRIME);
  }
  const tag = new Uint8Array(8);
  const view = new DataView(tag.buffer);
  view.setInt32(0, forward);
  view.setInt32(4, backward);
  return tag;
}
