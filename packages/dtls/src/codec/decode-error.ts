/** A handshake body does not parse. Internal: caught at the connection's boundary, answered with decode_error. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}
