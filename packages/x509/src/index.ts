/**
 * Judges the certificates of peers for `@dtls-cluster/dtls`, and reads credentials and trust from PEM.
 *
 * @packageDocumentation
 */
export {
  type CertificateVerifier,
  createCertificateVerifier,
  type VerifierOptions,
} from "./certificate-verifier.ts";
export { PemError } from "./errors.ts";
export { type HeldCredential, readCredential, readPublicKeys, readTrust } from "./pem.ts";
