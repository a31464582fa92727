import type { Association } from "../association.ts";
import { signatureSchemeById } from "../crypto/signature-schemes.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import { DtlsError } from "../errors.ts";
import type { CertificateVerdict } from "../events.ts";
import type { Exchange } from "./exchange.ts";
import type { HandshakeMessage } from "./handshake-header.ts";
import { decodeCertificate } from "./messages/certificate.ts";
import { decodeCertificateVerify } from "./messages/certificate-verify.ts";
import type {
  ExpectCertificateVerify,
  ExpectClientCertificate,
  ExpectClientVerdict,
} from "./server-states.ts";
import { startSession } from "./session.ts";

/** The client's certificate, if it has one. @throws DtlsError or DecodeError */
export function takeClientCertificate(
  core: EndpointCore,
  exchange: Exchange,
  state: ExpectClientCertificate,
  message: HandshakeMessage,
): void {
  const { config } = core;
  const { agreement, randoms, keyAgreement } = state;
  const type = agreement.choice.clientCertificateType ?? "x509";
  const chain = decodeCertificate(message.body, type, config.limits.maxChainLength);
  exchange.transcript.add(message);
  const [own] = chain;
  const key = own && config.crypto.publicKey(type, own);
  if (own === undefined && config.clientAuthentication === "required") {
    throw new DtlsError("DTLS_HANDSHAKE_FAILURE", "the client shows no certificate");
  }
  if (own !== undefined && key === undefined) {
    throw new DtlsError("DTLS_UNSUPPORTED_CERTIFICATE", "the client's key is not acceptable");
  }
  const peer = key && { certificate: { type, chain }, key };
  exchange.state = {
    name: "expect-client-key-exchange",
    agreement,
    randoms,
    keyAgreement,
    peer,
  };
}

/** The client's signature over all messages so far (RFC 5246 section 7.4.8). @throws DtlsError or DecodeError */
export function takeCertificateVerify(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  state: ExpectCertificateVerify,
  message: HandshakeMessage,
  now: number,
): void {
  const { scheme, signature } = decodeCertificateVerify(message.body);
  const row = signatureSchemeById(scheme);
  const { certificate, key } = state.peer;
  if (row === undefined || !row.algorithms.includes(key.algorithm)) {
    throw new DtlsError(
      "DTLS_ILLEGAL_PARAMETER",
      "the client signs in a way that was not asked for",
    );
  }
  if (!key.verify(row.name, exchange.transcript.bytes(), signature)) {
    throw new DtlsError("DTLS_BAD_SIGNATURE", "the client's CertificateVerify does not match");
  }
  exchange.transcript.add(message);
  const { agreement, randoms, keyAgreement, masterSecret } = state;
  const terms = { agreement, randoms, keyAgreement };
  exchange.state = { name: "expect-client-verdict", ...terms, certificate, masterSecret };
  const serverName = undefined;
  core.event({ type: "peer-certificate", connection: association, certificate, serverName }, now);
}

/** Goes on with the owner's verdict. @throws DtlsError for a refusal */
export function takeClientVerdict(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  state: ExpectClientVerdict,
  verdict: CertificateVerdict,
): void {
  const { agreement, randoms, certificate, masterSecret } = state;
  if (verdict !== "accepted") {
    masterSecret.fill(0);
    throw new DtlsError(verdict.code, verdict.reason);
  }
  association.peerCertificate = certificate;
  startSession(core, association, agreement, randoms, masterSecret);
  exchange.state = { name: "expect-client-finished", agreement, masterSecret };
}
