import { copyBytes } from "../copy-bytes.ts";
import { signatureSchemeById } from "../crypto/signature-schemes.ts";
import type { EndpointConfig } from "../endpoint-config.ts";
import { DtlsError } from "../errors.ts";
import type { ServerPart } from "./client-states.ts";
import type { HandshakeMessage } from "./handshake-header.ts";
import { MessageType } from "./message-type.ts";
import { decodeCertificate } from "./messages/certificate.ts";
import { decodeCertificateRequest } from "./messages/certificate-request.ts";
import {
  decodeEcdhePskServerKeyExchange,
  decodePskServerKeyExchange,
  decodeSignedServerKeyExchange,
  type EcdhParameters,
  encodeEcdhParameters,
} from "./messages/server-key-exchange.ts";
import { signedParameters } from "./session.ts";

/** The messages between ServerHello and ServerHelloDone, in the order that RFC 5246 section 7.3 gives. */
const order: readonly number[] = [
  MessageType.serverHello,
  MessageType.certificate,
  MessageType.serverKeyExchange,
  MessageType.certificateRequest,
];

/** Whether a message may stand behind one of type `after`. */
export function mayFollow(after: number, type: number): boolean {
  return order.indexOf(type) > order.indexOf(after);
}

/** Adds what one of these messages says. @throws DtlsError or DecodeError */
export function addServerMessage<Part extends ServerPart>(
  part: Part,
  { type, body }: HandshakeMessage,
  config: EndpointConfig,
): Part {
  const hasCertificates = part.agreement.suite.keyExchange === "ecdhe-ecdsa";
  if (type === MessageType.serverKeyExchange) {
    return { ...part, parameters: readKeyExchange(part, body, config) };
  }
  if (type === MessageType.certificate && hasCertificates)
    return addCertificate(part, body, config);
  // A server without certificate must not ask for one (RFC 5246 section 7.4.4).
  if (type === MessageType.certificateRequest && part.key !== undefined) {
    return { ...part, requestedSchemes: decodeCertificateRequest(body).signatureSchemes };
  }
  throw new DtlsError("DTLS_UNEXPECTED_MESSAGE", `message ${type} does not belong to the suite`);
}

/** Whether everything that the suite needs is there. */
export function isComplete({ agreement, parameters, key }: ServerPart): boolean {
  switch (agreement.suite.keyExchange) {
    case "psk":
      return true;
    case "ecdhe-psk":
      return parameters !== undefined;
    case "ecdhe-ecdsa":
      return parameters !== undefined && key !== undefined;
  }
}

function addCertificate<Part extends ServerPart>(
  part: Part,
  body: Uint8Array,
  { crypto, limits }: EndpointConfig,
): Part {
  const type = part.agreement.types.server;
  const chain = decodeCertificate(body, type, limits.maxChainLength);
  const [own] = chain;
  if (own === undefined) throw new DtlsError("DTLS_DECODE", "the server shows no certificate");
  const key = crypto.publicKey(type, own);
  if (key === undefined || key.algorithm === "rsa") {
    throw new DtlsError("DTLS_UNSUPPORTED_CERTIFICATE", "the server's key is not acceptable");
  }
  return { ...part, certificate: { type, chain }, key };
}

function readKeyExchange(
  part: ServerPart,
  body: Uint8Array,
  config: EndpointConfig,
): EcdhParameters | undefined {
  switch (part.agreement.suite.keyExchange) {
    case "psk":
      decodePskServerKeyExchange(body);
      return undefined;
    case "ecdhe-psk":
      return accepted(decodeEcdhePskServerKeyExchange(body), config);
    case "ecdhe-ecdsa":
      return readSigned(part, body, config);
  }
}

function readSigned(
  { key, randoms }: ServerPart,
  body: Uint8Array,
  config: EndpointConfig,
): EcdhParameters {
  const { parameters, signed } = decodeSignedServerKeyExchange(body);
  if (key === undefined) {
    throw new DtlsError("DTLS_UNEXPECTED_MESSAGE", "the server signs without a certificate");
  }
  const scheme = signatureSchemeById(signed.scheme);
  if (scheme === undefined || !scheme.algorithms.includes(key.algorithm)) {
    throw new DtlsError("DTLS_ILLEGAL_PARAMETER", "the server signs in a way that was not offered");
  }
  const data = signedParameters(randoms, encodeEcdhParameters(parameters));
  if (!key.verify(scheme.name, data, signed.signature)) {
    throw new DtlsError("DTLS_BAD_SIGNATURE", "the server's ServerKeyExchange does not match");
  }
  return accepted(parameters, config);
}

function accepted({ group, publicKey }: EcdhParameters, config: EndpointConfig): EcdhParameters {
  if (!config.groups.some(({ id }) => id === group)) {
    throw new DtlsError("DTLS_ILLEGAL_PARAMETER", `group ${group} was not offered`);
  }
  return { group, publicKey: copyBytes(publicKey) };
}
