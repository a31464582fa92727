/**
 * A copy in memory of its own. `bytes.slice()` would not do: drivers and applications on Node hand in
 * Buffers, and a Buffer's `slice` is a view of the same memory.
 */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
