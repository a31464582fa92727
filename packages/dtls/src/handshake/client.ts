/*
 * A full handshake, seen from the client (RFC 6347 section 4.2.4, RFC 4279 section 2, RFC 8422 section 2). Which of the
 * messages in brackets come is a matter of the suite (server-part.ts):
 *
 *   Client                                   Server
 *   ------                                   ------
 *   ClientHello             -------->                             flight 1   expect-server-hello
 *                           <--------   HelloVerifyRequest        flight 2
 *   ClientHello (cookie)    -------->                             flight 3   expect-server-hello
 *                                              ServerHello
 *                                            [Certificate]                   expect-server-hello-done
 *                                      [ServerKeyExchange]
 *                                     [CertificateRequest]
 *                           <--------      ServerHelloDone        flight 4   expect-server-verdict
 *   [Certificate]
 *   ClientKeyExchange
 *   [CertificateVerify]                                                      expect-own-signature
 *   [ChangeCipherSpec]
 *   Finished                -------->                             flight 5   expect-server-finished
 *                                       [ChangeCipherSpec]                   Exchange.hasChangeCipherSpec
 *                           <--------             Finished        flight 6   connected
 */

import type { Association } from "../association.ts";
import { DecodeError } from "../codec/decode-error.ts";
import { copyBytes } from "../copy-bytes.ts";
import type { ConnectOptions } from "../endpoint.ts";
import type { EndpointConfig } from "../endpoint-config.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import { DtlsError } from "../errors.ts";
import type { Path } from "../path.ts";
import { versionDtls12 } from "../record/record-header.ts";
import type { ClientSession } from "../resumption/saved-session.ts";
import { hasSameBytes } from "../state/session-secrets.ts";
import { startClientFlight } from "./client-flight.ts";
import { type ClientOffer, parseConnectOptions } from "./client-offer.ts";
import {
  checkTicketCame,
  clientSessionOf,
  offerableSession,
  resume,
  takeNewSessionTicket,
  takeResumingServerFinished,
  tellSession,
} from "./client-resumption.ts";
import type {
  ExpectServerFinished,
  ExpectServerHello,
  ExpectServerHelloDone,
} from "./client-states.ts";
import { Exchange } from "./exchange.ts";
import { emptyRenegotiationInfoScsv } from "./extensions/renegotiation-info.ts";
import type { HandshakeMessage } from "./handshake-header.ts";
import { MessageType } from "./message-type.ts";
import { type ClientHello, encodeClientHello } from "./messages/client-hello.ts";
import { decodeHelloVerifyRequest } from "./messages/hello-verify-request.ts";
import { decodeServerHello } from "./messages/server-hello.ts";
import { acceptChoice, offeredExtensions } from "./negotiate.ts";
import { completeHandshake, startFlight } from "./progress.ts";
import { applySizes } from "./record-sizes.ts";
import { addServerMessage, isComplete, mayFollow } from "./server-part.ts";
import { finishedBody } from "./session.ts";
import { Transcript } from "./transcript.ts";

/**
 * Cookies answered in one handshake. A flow that moves between nodes needs more than one; without a
 * bound, nodes that disagree about the cookie secret would be asked for ever.
 */
const MAX_HELLO_VERIFY_REQUESTS = 4;

/** Sends the first ClientHello. @throws DtlsUsageError for an option that is not acceptable. */
export function startClientHandshake(
  core: EndpointCore,
  path: Path,
  options: ConnectOptions,
  now: number,
): Association {
  const { config } = core;
  const offer = parseConnectOptions(options, config);
  // Messages of epoch 0 name no handshake: two of one role and peer could not be told apart.
  const pending = core.findHandshake("client", path.address, path.port);
  if (pending !== undefined) core.forget(pending, { kind: "replaced" }, now);
  const association = core.startAssociation("client", path, now);
  association.pskIdentity = offer.pskIdentity;
  if (!core.assignConnectionId(association)) {
    core.fail(association, new DtlsError("DTLS_LIMIT", "no Connection ID is left"), now);
    return association;
  }
  const random = new Uint8Array(32);
  config.entropy.fill(random);
  const session = offerableSession(core, offer, now);
  const hello: ClientHello = {
    version: versionDtls12,
    random,
    sessionId: helloSessionId(config, session),
    cookie: new Uint8Array(0),
    cipherSuites: offeredSuites(offer),
    compressionMethods: Uint8Array.of(0),
    extensions: offeredExtensions(config, offer, association, session),
  };
  const exchange = new Exchange(
    { name: "expect-server-hello", hello, offer, session, verified: 0 },
    config,
    { recordSequence: 0, messageSequence: 0, expected: 0 },
  );
  association.exchange = exchange;
  sendHello(core, association, exchange, hello, now);
  return association;
}

/** Beside a ticket, an id of one's own shows whether the server took it (RFC 5077 section 3.4). */
function helloSessionId(
  { entropy }: EndpointConfig,
  session: ClientSession | undefined,
): Uint8Array {
  if (session === undefined) return new Uint8Array(0);
  if (session.ticket.length === 0) return session.sessionId;
  const id = new Uint8Array(32);
  entropy.fill(id);
  return id;
}

function offeredSuites({ suites }: ClientOffer): Uint8Array {
  const ids = [...suites.map((suite) => suite.id), emptyRenegotiationInfoScsv];
  return Uint8Array.from(ids.flatMap((id) => [id >> 8, id & 0xff]));
}

function sendHello(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  hello: ClientHello,
  now: number,
): void {
  // Only the hello that the server accepts counts (RFC 6347 section 4.2.1).
  exchange.transcript = new Transcript();
  const flight = [exchange.message(MessageType.clientHello, encodeClientHello(hello))];
  startFlight(core, association, flight, now);
}

/** Takes the next message of the server. @throws DtlsError or DecodeError; the handshake is over then. */
export function advanceClient(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  message: HandshakeMessage,
  now: number,
): void {
  const { state } = exchange;
  const { type } = message;
  if (state.name === "expect-server-hello" && type === MessageType.helloVerifyRequest) {
    takeHelloVerifyRequest(core, association, exchange, state, message, now);
  } else if (state.name === "expect-server-hello" && type === MessageType.serverHello) {
    takeServerHello(core, association, exchange, state, message);
  } else if (state.name === "expect-server-hello-done" && type === MessageType.serverHelloDone) {
    takeServerHelloDone(core, association, exchange, state, message, now);
  } else if (state.name === "expect-server-hello-done" && mayFollow(state.after, type)) {
    exchange.transcript.add(message);
    exchange.state = { ...addServerMessage(state, message, core.config), after: type };
  } else if (state.name === "expect-server-finished" && type === MessageType.finished) {
    takeFinished(core, association, exchange, state, message, now);
  } else if (
    (state.name === "expect-server-finished" || state.name === "expect-resuming-server") &&
    type === MessageType.newSessionTicket
  ) {
    takeNewSessionTicket(exchange, state, message);
  } else if (state.name === "expect-resuming-server" && type === MessageType.finished) {
    takeResumingServerFinished(core, association, exchange, state, message, now);
  } else {
    throw unexpected(message, state);
  }
}

function takeHelloVerifyRequest(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  state: ExpectServerHello,
  message: HandshakeMessage,
  now: number,
): void {
  const { cookie } = decodeHelloVerifyRequest(message.body);
  if (state.verified >= MAX_HELLO_VERIFY_REQUESTS) {
    throw new DtlsError("DTLS_HANDSHAKE_FAILURE", "the server accepts none of its own cookies");
  }
  const hello = { ...state.hello, cookie: copyBytes(cookie) };
  exchange.state = { ...state, hello, verified: state.verified + 1 };
  exchange.expiresAt = Number.POSITIVE_INFINITY;
  sendHello(core, association, exchange, hello, now);
}

function takeServerHello(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  { hello, offer, session }: ExpectServerHello,
  message: HandshakeMessage,
): void {
  const answer = decodeServerHello(message.body);
  const agreement = acceptChoice(answer, hello.extensions, offer, core.config);
  exchange.transcript.add(message);
  const { suite } = agreement;
  association.suite = suite;
  association.writeConnectionId = agreement.writeConnectionId;
  association.checksPath = agreement.checksPath;
  if (!agreement.usesConnectionId) core.withdrawConnectionId(association);
  applySizes(association, agreement.sizes);
  const randoms = { clientRandom: hello.random, serverRandom: copyBytes(answer.random) };
  const isEcho = answer.sessionId.length > 0 && hasSameBytes(answer.sessionId, hello.sessionId);
  if (session !== undefined && isEcho) {
    offer.psk?.fill(0);
    resume(core, association, exchange, agreement, randoms, session);
    return;
  }
  // It may have come early, for a session that is not resumed after all.
  exchange.hasChangeCipherSpec = false;
  session?.masterSecret.fill(0);
  if (suite.keyExchange === "ecdhe-ecdsa") association.pskIdentity = new Uint8Array(0);
  exchange.state = {
    name: "expect-server-hello-done",
    agreement,
    randoms,
    offer,
    certificate: undefined,
    key: undefined,
    parameters: undefined,
    requestedSchemes: undefined,
    after: MessageType.serverHello,
  };
}

function takeServerHelloDone(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  state: ExpectServerHelloDone,
  message: HandshakeMessage,
  now: number,
): void {
  if (message.body.length > 0) throw new DecodeError("ServerHelloDone is not empty");
  if (!isComplete(state)) throw unexpected(message, state);
  exchange.transcript.add(message);
  const { certificate } = state;
  if (certificate === undefined) {
    startClientFlight(core, association, exchange, state, now);
    return;
  }
  const { serverName } = state.offer;
  exchange.state = { ...state, name: "expect-server-verdict" };
  core.event({ type: "peer-certificate", connection: association, certificate, serverName }, now);
}

function takeFinished(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  state: ExpectServerFinished,
  message: HandshakeMessage,
  now: number,
): void {
  const { config } = core;
  const { agreement, masterSecret } = state;
  checkTicketCame(state);
  const expected = finishedBody(config, agreement, masterSecret, "server", exchange.transcript);
  if (!config.crypto.equal(expected, message.body)) {
    throw new DtlsError("DTLS_BAD_FINISHED", "the server's Finished does not match");
  }
  const session = clientSessionOf(core, association, state, now);
  masterSecret.fill(0);
  completeHandshake(core, association, undefined, now);
  tellSession(core, association, session, now);
}

function unexpected(message: HandshakeMessage, state: Exchange["state"]): DtlsError {
  return new DtlsError("DTLS_UNEXPECTED_MESSAGE", `message ${message.type} in ${state.name}`);
}
