/*
 * A full handshake, seen from the server (RFC 6347 section 4.2.4, RFC 4279 section 2, RFC 8422 section 2). Messages in
 * parentheses belong to suites with certificates, those in brackets only to some of them or to ECDHE_PSK:
 *
 *   Client                                   Server
 *   ------                                   ------
 *   ClientHello             -------->                             flight 1   stateless
 *                           <--------   HelloVerifyRequest        flight 2   stateless
 *   ClientHello (cookie)    -------->                             flight 3   startServerHandshake
 *                                              ServerHello
 *                                            (Certificate)                   expect-key-signature
 *                                      [ServerKeyExchange]
 *                                     [CertificateRequest]
 *                           <--------      ServerHelloDone        flight 4   expect-client-certificate
 *   [Certificate]                                                            expect-client-key-exchange
 *   ClientKeyExchange                                                        expect-psk, expect-certificate-verify
 *   [CertificateVerify]                                                      expect-client-verdict
 *   [ChangeCipherSpec]                                                       Exchange.hasChangeCipherSpec
 *   Finished                -------->                             flight 5   expect-client-finished
 *                                      (NewSessionTicket)                    saveServerSession
 *                                       [ChangeCipherSpec]
 *                           <--------             Finished        flight 6   connected
 */

import type { Association } from "../association.ts";
import { copyBytes } from "../copy-bytes.ts";
import { pskPremasterSecret } from "../crypto/key-schedule.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import { DtlsError, DtlsUsageError } from "../errors.ts";
import type { Path } from "../path.ts";
import { Exchange } from "./exchange.ts";
import type { HandshakeMessage } from "./handshake-header.ts";
import { MessageType } from "./message-type.ts";
import type { ClientHello } from "./messages/client-hello.ts";
import { decodeClientKeyExchange } from "./messages/client-key-exchange.ts";
import { chooseFromOffer } from "./negotiate.ts";
import { completeHandshake } from "./progress.ts";
import { checkPsk } from "./psk.ts";
import { applySizes } from "./record-sizes.ts";
import { startServerFlight } from "./server-flight.ts";
import { takeCertificateVerify, takeClientCertificate } from "./server-proof.ts";
import {
  findResumable,
  saveServerSession,
  startResumption,
  takeResumingFinished,
} from "./server-resumption.ts";
import type { ExpectClientFinished, ExpectClientKeyExchange } from "./server-states.ts";
import { deriveMasterSecret, finishedBody, startSession } from "./session.ts";

/** RFC 4279 section 5.3: what an implementation must support, and what this one does. */
const MAX_IDENTITY_LENGTH = 128;

/**
 * Answers a ClientHello whose cookie is valid. Record and message sequence numbers go on from the
 * hello's own, as those of the stateless HelloVerifyRequest did.
 * @throws DtlsError or DecodeError, before any state exists, when there is nothing to agree on.
 */
export function startServerHandshake(
  core: EndpointCore,
  hello: ClientHello,
  message: HandshakeMessage,
  recordSequence: number,
  path: Path,
  now: number,
): void {
  const session = findResumable(core, hello, now);
  const agreement = chooseFromOffer(hello, core, session);
  const association = core.startAssociation("server", path, now);
  association.suite = agreement.suite;
  association.writeConnectionId = agreement.writeConnectionId;
  association.checksPath = agreement.checksPath;
  if (agreement.usesConnectionId && !core.assignConnectionId(association)) {
    core.fail(association, new DtlsError("DTLS_LIMIT", "no Connection ID is left"), now);
    return;
  }
  applySizes(association, agreement.sizes);
  const serverRandom = new Uint8Array(32);
  core.config.entropy.fill(serverRandom);
  const randoms = { clientRandom: copyBytes(hello.random), serverRandom };
  const { group } = agreement.choice;
  const keyAgreement = group && core.config.crypto.keyAgreement(group.name);
  const terms = { agreement, randoms, keyAgreement };
  const { messageSequence } = message;
  const exchange = new Exchange(
    { name: "expect-client-key-exchange", ...terms, peer: undefined },
    core.config,
    { recordSequence, messageSequence, expected: messageSequence + 1 },
  );
  exchange.acceptedHello = { random: randoms.clientRandom, messageSequence };
  exchange.expiresAt = now + core.config.limits.handshakeLifetimeMs;
  exchange.transcript.add(message);
  association.exchange = exchange;
  if (session !== undefined) {
    startResumption(core, association, exchange, hello, agreement, randoms, session, now);
  } else {
    startServerFlight(core, association, exchange, hello, terms, now);
  }
}

/** Takes the next message of the client. @throws DtlsError or DecodeError; the handshake is over then. */
export function advanceServer(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  message: HandshakeMessage,
  now: number,
): void {
  const { state } = exchange;
  const { type } = message;
  if (state.name === "expect-client-certificate" && type === MessageType.certificate) {
    takeClientCertificate(core, exchange, state, message);
  } else if (
    state.name === "expect-client-key-exchange" &&
    type === MessageType.clientKeyExchange
  ) {
    takeClientKeyExchange(core, association, exchange, state, message, now);
  } else if (state.name === "expect-certificate-verify" && type === MessageType.certificateVerify) {
    takeCertificateVerify(core, association, exchange, state, message, now);
  } else if (state.name === "expect-client-finished" && type === MessageType.finished) {
    takeFinished(core, association, exchange, state, message, now);
  } else if (state.name === "expect-resuming-client" && type === MessageType.finished) {
    takeResumingFinished(core, association, exchange, state, message, now);
  } else {
    throw new DtlsError("DTLS_UNEXPECTED_MESSAGE", `message ${type} in ${state.name}`);
  }
}

function takeClientKeyExchange(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  { agreement, randoms, keyAgreement, peer }: ExpectClientKeyExchange,
  message: HandshakeMessage,
  now: number,
): void {
  const { transcript } = exchange;
  const { keyExchange } = agreement.suite;
  const { identity, publicKey } = decodeClientKeyExchange(message.body, keyExchange);
  transcript.add(message);
  const shared = keyAgreement?.agree(publicKey);
  if (keyAgreement !== undefined && shared === undefined) {
    throw new DtlsError("DTLS_ILLEGAL_PARAMETER", "the client's ephemeral key is not valid");
  }
  const terms = { agreement, randoms, keyAgreement };
  if (keyExchange !== "ecdhe-ecdsa") {
    if (identity.length > MAX_IDENTITY_LENGTH) {
      exchange.state = { name: "refused" };
      return;
    }
    association.pskIdentity = identity;
    exchange.state = { name: "expect-psk", ...terms, otherSecret: shared };
    core.event({ type: "psk-needed", connection: association, identity: copyBytes(identity) }, now);
    return;
  }
  if (shared === undefined) throw new Error("a suite with certificates has a key agreement");
  const masterSecret = deriveMasterSecret(core, agreement, randoms, shared, transcript);
  if (peer === undefined) {
    startSession(core, association, agreement, randoms, masterSecret);
    exchange.state = { name: "expect-client-finished", agreement, masterSecret };
  } else {
    exchange.state = { name: "expect-certificate-verify", ...terms, peer, masterSecret };
  }
}

/**
 * The answer to "psk-needed". Without a key nothing more is sent. Harmless when the handshake ended
 * in the meantime. @throws DtlsUsageError when the handshake does not wait for a key, or for a key
 * that is not 1 to 512 bytes long.
 */
export function takePsk(
  core: EndpointCore,
  association: Association,
  psk: Uint8Array | undefined,
): void {
  const { exchange } = association;
  if (exchange === undefined) return;
  const state = exchange.state;
  if (state.name !== "expect-psk") {
    throw new DtlsUsageError("providePsk: this handshake does not wait for a PSK");
  }
  const { agreement, randoms, otherSecret } = state;
  if (psk === undefined) {
    otherSecret?.fill(0);
    exchange.state = { name: "refused" };
    return;
  }
  checkPsk(psk);
  const premaster = pskPremasterSecret(psk, otherSecret);
  otherSecret?.fill(0);
  const { transcript } = exchange;
  const masterSecret = deriveMasterSecret(core, agreement, randoms, premaster, transcript);
  startSession(core, association, agreement, randoms, masterSecret);
  exchange.state = { name: "expect-client-finished", agreement, masterSecret };
}

function takeFinished(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  { agreement, masterSecret }: ExpectClientFinished,
  message: HandshakeMessage,
  now: number,
): void {
  const { config } = core;
  const { transcript } = exchange;
  const expected = finishedBody(config, agreement, masterSecret, "client", transcript);
  if (!config.crypto.equal(expected, message.body)) {
    throw new DtlsError("DTLS_BAD_FINISHED", "the client's Finished does not match");
  }
  transcript.add(message);
  const ticket = saveServerSession(core, association, exchange, agreement, masterSecret, now);
  const own = finishedBody(config, agreement, masterSecret, "server", transcript);
  masterSecret.fill(0);
  const flight = [
    ...ticket,
    { kind: "change-cipher-spec" } as const,
    exchange.message(MessageType.finished, own, 1),
  ];
  completeHandshake(core, association, flight, now);
}
