import type { CloseReason } from "@dtls-cluster/dtls";

/** Stable codes of {@link DtlsSocketError}; a code never changes its meaning. */
export type DtlsSocketErrorCode =
  /** The handshake was not completed in time: no answer, or the two sides do not have the same key. */
  | "DTLS_HANDSHAKE_TIMEOUT"
  /** The handshake ended with an alert; `cause` is the engine's error. */
  | "DTLS_HANDSHAKE_FAILED"
  /** The connection or its socket is closed. */
  | "DTLS_CLOSED"
  /** A message is longer than one record within the path MTU. */
  | "DTLS_MESSAGE_TOO_LONG"
  /** A host name has no address. */
  | "DTLS_HOST_NOT_FOUND";

/** What went wrong with a connection of {@link connect} or {@link createServer}. The message is one line without secrets. */
export class DtlsSocketError extends Error {
  override readonly name = "DtlsSocketError";
  readonly code: DtlsSocketErrorCode;

  constructor(code: DtlsSocketErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Why a handshake with `where` did not succeed. */
export function handshakeError(reason: CloseReason, where: string): DtlsSocketError {
  switch (reason.kind) {
    case "handshake-timeout":
      return new DtlsSocketError(
        "DTLS_HANDSHAKE_TIMEOUT",
        `${where} did not complete the handshake: it does not answer, or has another key`,
      );
    case "failed":
      return new DtlsSocketError(
        "DTLS_HANDSHAKE_FAILED",
        `the handshake with ${where} failed: ${reason.error.message}`,
        { cause: reason.error },
      );
    default:
      return new DtlsSocketError(
        "DTLS_CLOSED",
        `the connection to ${where} was closed during its handshake (${reason.kind})`,
      );
  }
}
