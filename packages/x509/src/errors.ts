/** A PEM text that does not hold what it should. The message never contains parts of the text. */
export class PemError extends Error {
  override readonly name = "PemError";
  readonly code = "X509_PEM";
}
