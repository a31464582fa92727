/** The caller used the package wrongly: an option out of range, or a message that cannot be encoded. */
export class CoapUsageError extends Error {
  override readonly name = "CoapUsageError";
  readonly code = "COAP_USAGE";
}
