/**
 * DTLS 1.2 (RFC 6347) with Connection ID (RFC 9146), sans-IO: no network, no clock, no randomness.
 *
 * @packageDocumentation
 */
export type { EndpointLimits, EndpointOptions, ResumptionOptions } from "./config.ts";
export type { Connection, ConnectionPhase } from "./connection.ts";
export type { Credential, PeerCertificate } from "./credential.ts";
export type {
  AeadKey,
  AeadName,
  CertificateType,
  CryptoProvider,
  Entropy,
  GroupName,
  HashName,
  KeyAgreement,
  PublicKey,
  PublicKeyAlgorithm,
  SignatureScheme,
} from "./crypto/provider.ts";
export { createEndpoint } from "./dtls-endpoint.ts";
export type { ConnectOptions, Endpoint } from "./endpoint.ts";
export {
  type CertificateErrorCode,
  DtlsError,
  type DtlsErrorCode,
  DtlsUsageError,
} from "./errors.ts";
export type {
  CertificateVerdict,
  CloseReason,
  DatagramOutcome,
  DropReason,
  EndpointEvent,
  EndpointSink,
} from "./events.ts";
export type { Path, SocketAddress } from "./path.ts";
export type { ConnectionState } from "./state/connection-state.ts";
export type { SessionKeyBlock } from "./state/session-key-block.ts";
export type { EndpointStats } from "./stats.ts";
