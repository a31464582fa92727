/** A peer did not do what a test waits for. */
export class InteropError extends Error {
  override readonly name = "InteropError";
}
