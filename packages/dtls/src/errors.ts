/** Stable codes of {@link DtlsError}; a code never changes its meaning. */
export type DtlsErrorCode =
  | "DTLS_DECODE"
  | "DTLS_UNEXPECTED_MESSAGE"
  | "DTLS_HANDSHAKE_FAILURE"
  | "DTLS_ILLEGAL_PARAMETER"
  | "DTLS_UNSUPPORTED_EXTENSION"
  | "DTLS_PROTOCOL_VERSION"
  | "DTLS_BAD_FINISHED"
  | "DTLS_BAD_SIGNATURE"
  | "DTLS_UNRECOGNIZED_NAME"
  | CertificateErrorCode
  | "DTLS_UNKNOWN_PSK_IDENTITY"
  | "DTLS_LIMIT"
  | "DTLS_INTERNAL"
  | "DTLS_ALERT_RECEIVED";

/** What can be wrong with a peer's certificate, each with an alert of its own (RFC 5246 section 7.2.2). */
export type CertificateErrorCode =
  | "DTLS_BAD_CERTIFICATE"
  | "DTLS_UNSUPPORTED_CERTIFICATE"
  | "DTLS_CERTIFICATE_REVOKED"
  | "DTLS_CERTIFICATE_EXPIRED"
  | "DTLS_CERTIFICATE_UNKNOWN"
  | "DTLS_UNKNOWN_CA"
  | "DTLS_ACCESS_DENIED";

/** A peer broke the protocol, or sent a fatal alert: the connection is over. */
export class DtlsError extends Error {
  override readonly name = "DtlsError";
  readonly code: DtlsErrorCode;
  /** The alert description that was received, where {@link code} is `DTLS_ALERT_RECEIVED`. */
  readonly alert: number | undefined;

  constructor(code: DtlsErrorCode, message: string, options?: ErrorOptions & { alert?: number }) {
    super(message, options);
    this.code = code;
    this.alert = options?.alert;
  }
}

/** The caller used the engine wrongly: a bad option, or an operation that the state forbids. */
export class DtlsUsageError extends Error {
  override readonly name = "DtlsUsageError";
  readonly code = "DTLS_USAGE";
}

/** The error of a connection that ends because of a peer's fatal alert. */
export function alertReceived(description: number): DtlsError {
  return new DtlsError("DTLS_ALERT_RECEIVED", `the peer sent the fatal alert ${description}`, {
    alert: description,
  });
}
