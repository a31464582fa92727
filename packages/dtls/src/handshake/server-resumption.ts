/*
 * An abbreviated handshake, seen from the server (RFC 5246 section 7.3, RFC 5077 section 3.1). The server's last flight
 * comes first, so it is the server that repeats, and the client that answers repetitions:
 *
 *   Client                                   Server
 *   ------                                   ------
 *   ClientHello (cookie)    -------->                                        startServerHandshake
 *                                              ServerHello
 *                                       [ChangeCipherSpec]
 *                           <--------             Finished                   expect-resuming-client
 *   [ChangeCipherSpec]
 *   Finished                -------->                                        expect-resumption-verdict, connected
 */

import type { Association } from "../association.ts";
import { copyBytes } from "../copy-bytes.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import { DtlsError } from "../errors.ts";
import { decodeSession, encodeSession, type SavedSession } from "../resumption/saved-session.ts";
import { sessionKey } from "../resumption/session-cache.ts";
import type { Exchange } from "./exchange.ts";
import { ExtensionType, findExtension } from "./extensions/extension.ts";
import type { FlightItem } from "./flight.ts";
import type { HandshakeMessage } from "./handshake-header.ts";
import { MessageType } from "./message-type.ts";
import { type ClientHello, offeredCipherSuites } from "./messages/client-hello.ts";
import { encodeNewSessionTicket } from "./messages/new-session-ticket.ts";
import { offeredServerName, type ServerAgreement } from "./negotiate.ts";
import { completeHandshake, startFlight } from "./progress.ts";
import { greeting } from "./server-greeting.ts";
import type { ExpectResumingClient } from "./server-states.ts";
import { finishedBody, type Randoms, startSession } from "./session.ts";

/**
 * The session that a hello asks for, if this server knows it and would agree to it today.
 * @throws DtlsError for a hello that leaves out the extended master secret of its session (RFC 7627 section 5.3).
 */
export function findResumable(
  core: EndpointCore,
  hello: ClientHello,
  now: number,
): SavedSession | undefined {
  const { config } = core;
  if (config.extendedMasterSecret === "disabled") return undefined;
  const session = lookUp(core, hello, core.wallTime(now));
  if (session === undefined) return undefined;
  const suite = config.cipherSuites.find(({ id }) => id === session.cipherSuite);
  const isAgreeable =
    suite !== undefined &&
    offeredCipherSuites(hello).includes(suite.id) &&
    // RFC 6066 section 3.
    offeredServerName(hello.extensions) === session.serverName &&
    fitsClientAuthentication(core, session, suite.keyExchange === "ecdhe-ecdsa");
  if (!isAgreeable) return undefined;
  if (findExtension(hello.extensions, ExtensionType.extendedMasterSecret) === undefined) {
    const message = "the client resumes a session without its extended master secret";
    throw new DtlsError("DTLS_HANDSHAKE_FAILURE", message);
  }
  return session;
}

/** A hello with a ticket means the ticket alone (RFC 5077 section 3.4). */
function lookUp(
  { tickets, sessions }: EndpointCore,
  { sessionId, extensions }: ClientHello,
  wallTime: number,
): SavedSession | undefined {
  const ticket = findExtension(extensions, ExtensionType.sessionTicket);
  if (ticket !== undefined && ticket.length > 0) return tickets?.open(ticket, wallTime);
  if (sessionId.length === 0) return undefined;
  const bytes = sessions.find(sessionKey(sessionId), wallTime);
  return bytes && decodeSession(bytes);
}

/** Whether the client showed what a full handshake would ask it for. */
function fitsClientAuthentication(
  { config }: EndpointCore,
  { peerCertificate }: SavedSession,
  hasCertificates: boolean,
): boolean {
  if (!hasCertificates) return true;
  if (peerCertificate === undefined) return config.clientAuthentication !== "required";
  return (
    config.clientAuthentication !== "none" &&
    config.clientCertificateTypes.includes(peerCertificate.type)
  );
}

/** Sends the server's only flight. */
export function startResumption(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  hello: ClientHello,
  agreement: ServerAgreement,
  randoms: Randoms,
  session: SavedSession,
  now: number,
): void {
  association.pskIdentity = session.pskIdentity;
  association.isResumed = true;
  startSession(core, association, agreement, randoms, session.masterSecret);
  const first = greeting(association, exchange, hello, agreement, randoms);
  const { masterSecret } = session;
  const { transcript } = exchange;
  const own = finishedBody(core.config, agreement, masterSecret, "server", transcript);
  const flight: readonly FlightItem[] = [
    first,
    { kind: "change-cipher-spec" },
    exchange.message(MessageType.finished, own, 1),
  ];
  exchange.state = { name: "expect-resuming-client", agreement, session };
  startFlight(core, association, flight, now);
}

/** The end of the handshake, unless a certificate has to be judged again. @throws DtlsError */
export function takeResumingFinished(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  { agreement, session }: ExpectResumingClient,
  message: HandshakeMessage,
  now: number,
): void {
  const { config } = core;
  const { masterSecret, peerCertificate: certificate } = session;
  // Only now has the client shown that the session is its own.
  association.sessionKey = agreement.sessionKey;
  const { transcript } = exchange;
  const expected = finishedBody(config, agreement, masterSecret, "client", transcript);
  masterSecret.fill(0);
  if (!config.crypto.equal(expected, message.body)) {
    throw new DtlsError("DTLS_BAD_FINISHED", "the client's Finished does not match");
  }
  if (certificate === undefined) {
    completeHandshake(core, association, undefined, now);
    return;
  }
  exchange.state = { name: "expect-resumed-client-verdict", certificate };
  const serverName = undefined;
  core.event({ type: "peer-certificate", connection: association, certificate, serverName }, now);
}

/**
 * Remembers the session of a full handshake, as soon as the client's Finished is verified.
 * @returns the message that brings the ticket, where one was promised.
 */
export function saveServerSession(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  { extendedMasterSecret, suite, serverName, sendsTicket, sessionKey: key }: ServerAgreement,
  masterSecret: Uint8Array,
  now: number,
): readonly FlightItem[] {
  if (!extendedMasterSecret || (!sendsTicket && key === "")) return [];
  const wallTime = core.wallTime(now);
  const session: SavedSession = {
    cipherSuite: suite.id,
    masterSecret,
    createdAt: wallTime,
    serverName,
    pskIdentity: association.pskIdentity,
    peerCertificate: association.peerCertificate,
  };
  if (!sendsTicket) {
    association.sessionKey = key;
    core.sessions.add(key, encodeSession(session), wallTime);
    return [];
  }
  // An empty one takes the promise back (RFC 5077 section 3.3).
  const ticket = core.tickets?.issue(session, wallTime) ?? new Uint8Array(0);
  const lifetimeHint = Math.floor(core.config.resumption.lifetimeMs / 1000);
  const body = encodeNewSessionTicket({ lifetimeHint, ticket: copyBytes(ticket) });
  return [exchange.message(MessageType.newSessionTicket, body)];
}
