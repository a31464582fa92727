import type { DtlsError, DtlsErrorCode } from "./errors.ts";
import { AlertDescription } from "./record/alert.ts";

const alerts: Readonly<Record<DtlsErrorCode, number | undefined>> = {
  DTLS_DECODE: AlertDescription.decodeError,
  DTLS_UNEXPECTED_MESSAGE: AlertDescription.unexpectedMessage,
  DTLS_HANDSHAKE_FAILURE: AlertDescription.handshakeFailure,
  DTLS_ILLEGAL_PARAMETER: AlertDescription.illegalParameter,
  DTLS_UNSUPPORTED_EXTENSION: AlertDescription.unsupportedExtension,
  DTLS_PROTOCOL_VERSION: AlertDescription.protocolVersion,
  DTLS_BAD_FINISHED: AlertDescription.decryptError,
  DTLS_BAD_SIGNATURE: AlertDescription.decryptError,
  DTLS_UNRECOGNIZED_NAME: AlertDescription.unrecognizedName,
  DTLS_BAD_CERTIFICATE: AlertDescription.badCertificate,
  DTLS_UNSUPPORTED_CERTIFICATE: AlertDescription.unsupportedCertificate,
  DTLS_CERTIFICATE_REVOKED: AlertDescription.certificateRevoked,
  DTLS_CERTIFICATE_EXPIRED: AlertDescription.certificateExpired,
  DTLS_CERTIFICATE_UNKNOWN: AlertDescription.certificateUnknown,
  DTLS_UNKNOWN_CA: AlertDescription.unknownCa,
  DTLS_ACCESS_DENIED: AlertDescription.accessDenied,
  // An alert would tell an attacker which identities exist.
  DTLS_UNKNOWN_PSK_IDENTITY: undefined,
  DTLS_LIMIT: AlertDescription.internalError,
  DTLS_INTERNAL: AlertDescription.internalError,
  DTLS_ALERT_RECEIVED: undefined,
};

/** The fatal alert that tells the peer about `error`; undefined where it must not be told. */
export function alertFor(error: DtlsError): number | undefined {
  return alerts[error.code];
}
