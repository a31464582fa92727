/*
 * An abbreviated handshake, seen from the client (RFC 5246 section 7.3, RFC 5077 section 3.1):
 *
 *   Client                                   Server
 *   ------                                   ------
 *   ClientHello (cookie)    -------->                                        expect-server-hello
 *                                              ServerHello
 *                                       [NewSessionTicket]                   expect-resuming-server
 *                                       [ChangeCipherSpec]
 *                           <--------             Finished                   expect-resumed-server-verdict
 *   [ChangeCipherSpec]
 *   Finished                -------->                                        connected
 */

import type { Association } from "../association.ts";
import { DecodeError } from "../codec/decode-error.ts";
import { copyBytes } from "../copy-bytes.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import { DtlsError } from "../errors.ts";
import {
  type ClientSession,
  decodeClientSession,
  encodeClientSession,
} from "../resumption/saved-session.ts";
import { hasSameBytes } from "../state/session-secrets.ts";
import type { ClientOffer } from "./client-offer.ts";
import type {
  ExpectResumedServerVerdict,
  ExpectResumingServer,
  ExpectServerFinished,
} from "./client-states.ts";
import type { Exchange } from "./exchange.ts";
import type { HandshakeMessage } from "./handshake-header.ts";
import { MessageType } from "./message-type.ts";
import { decodeNewSessionTicket } from "./messages/new-session-ticket.ts";
import type { ClientAgreement } from "./negotiate.ts";
import { completeHandshake } from "./progress.ts";
import { finishedBody, type Randoms, startSession } from "./session.ts";

/** What a client believes a session to last where the server says nothing, and at most (RFC 5246 section F.1.4). */
const MAX_LIFETIME_MS = 86_400_000;
/** Beside a ticket, a hello has extensions and a cookie; it should fit one datagram. */
const ROOM_BESIDE_TICKET = 400;

/** The session to offer, undefined when the one that was saved does not fit this handshake. */
export function offerableSession(
  core: EndpointCore,
  offer: ClientOffer,
  now: number,
): ClientSession | undefined {
  const { config } = core;
  if (offer.session === undefined || config.extendedMasterSecret === "disabled") return undefined;
  let session: ClientSession;
  try {
    session = decodeClientSession(offer.session);
  } catch (error) {
    // Of another version of this program, perhaps: a full handshake does as well.
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
  const suite = offer.suites.find(({ id }) => id === session.cipherSuite);
  const identity = suite?.keyExchange === "ecdhe-ecdsa" ? new Uint8Array(0) : offer.pskIdentity;
  const type = session.peerCertificate?.type;
  const fits =
    suite !== undefined &&
    session.expiresAt > core.wallTime(now) &&
    session.serverName === offer.sentServerName &&
    hasSameBytes(session.pskIdentity, identity) &&
    (type === undefined || offer.serverCertificateTypes.includes(type)) &&
    session.ticket.length <= config.mtu - ROOM_BESIDE_TICKET &&
    (session.ticket.length > 0 || session.sessionId.length > 0);
  if (fits) return session;
  session.masterSecret.fill(0);
  return undefined;
}

/** Goes on with a ServerHello that took the session. @throws DtlsError */
export function resume(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  agreement: ClientAgreement,
  randoms: Randoms,
  session: ClientSession,
): void {
  if (agreement.suite.id !== session.cipherSuite) {
    throw new DtlsError("DTLS_ILLEGAL_PARAMETER", "the server resumes with another suite");
  }
  if (!agreement.extendedMasterSecret) {
    // RFC 7627 section 5.3.
    const message = "the server resumes a session without its extended master secret";
    throw new DtlsError("DTLS_HANDSHAKE_FAILURE", message);
  }
  association.isResumed = true;
  association.pskIdentity = session.pskIdentity;
  startSession(core, association, agreement, randoms, session.masterSecret);
  exchange.state = { name: "expect-resuming-server", agreement, session, ticket: undefined };
}

/** Keeps a ticket until the server's Finished proves it. @throws DtlsError or DecodeError */
export function takeNewSessionTicket(
  exchange: Exchange,
  state: ExpectServerFinished | ExpectResumingServer,
  message: HandshakeMessage,
): void {
  if (!state.agreement.expectsTicket || state.ticket !== undefined) {
    throw new DtlsError("DTLS_UNEXPECTED_MESSAGE", "the server sends a ticket unasked");
  }
  const { lifetimeHint, ticket } = decodeNewSessionTicket(message.body);
  exchange.transcript.add(message);
  exchange.state = { ...state, ticket: { lifetimeHint, ticket: copyBytes(ticket) } };
}

/** @throws DtlsError */
export function takeResumingServerFinished(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  state: ExpectResumingServer,
  message: HandshakeMessage,
  now: number,
): void {
  const { config } = core;
  const { agreement, session, ticket } = state;
  checkTicketCame(state);
  const { transcript } = exchange;
  const expected = finishedBody(config, agreement, session.masterSecret, "server", transcript);
  if (!config.crypto.equal(expected, message.body)) {
    throw new DtlsError("DTLS_BAD_FINISHED", "the server's Finished does not match");
  }
  transcript.add(message);
  const { peerCertificate: certificate } = session;
  const next = { name: "expect-resumed-server-verdict", agreement, session, ticket } as const;
  exchange.state = next;
  if (certificate === undefined) {
    finishResumption(core, association, exchange, next, now);
    return;
  }
  const serverName = session.serverName === "" ? undefined : session.serverName;
  core.event({ type: "peer-certificate", connection: association, certificate, serverName }, now);
}

/** Sends the client's Finished; it is repeated when the server repeats its own. */
export function finishResumption(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  { agreement, session, ticket }: ExpectResumedServerVerdict,
  now: number,
): void {
  association.peerCertificate = session.peerCertificate;
  const { masterSecret } = session;
  const own = finishedBody(core.config, agreement, masterSecret, "client", exchange.transcript);
  const flight = [
    { kind: "change-cipher-spec" } as const,
    exchange.message(MessageType.finished, own, 1),
  ];
  // Without a new ticket the old session goes on being the one to offer.
  const saved =
    agreement.savesSession && ticket !== undefined && ticket.ticket.length > 0
      ? encodeClientSession({
          ...session,
          ...lifeOf(core, ticket, now),
          sessionId: new Uint8Array(0),
        })
      : undefined;
  masterSecret.fill(0);
  completeHandshake(core, association, flight, now);
  tellSession(core, association, saved, now);
}

/** What a client keeps of a full handshake; undefined when it cannot be resumed or nobody wants it. */
export function clientSessionOf(
  core: EndpointCore,
  association: Association,
  { agreement, masterSecret, ticket }: ExpectServerFinished,
  now: number,
): Uint8Array | undefined {
  const { savesSession, extendedMasterSecret, sessionId, suite, serverName } = agreement;
  const isResumable = sessionId.length > 0 || (ticket?.ticket.length ?? 0) > 0;
  if (!savesSession || !extendedMasterSecret || !isResumable) return undefined;
  return encodeClientSession({
    cipherSuite: suite.id,
    masterSecret,
    createdAt: core.wallTime(now),
    serverName,
    pskIdentity: association.pskIdentity,
    peerCertificate: association.peerCertificate,
    sessionId,
    ...lifeOf(core, ticket ?? { lifetimeHint: 0, ticket: new Uint8Array(0) }, now),
  });
}

/** RFC 5077 section 3.3: a server that promised a ticket sends one. @throws DtlsError */
export function checkTicketCame({
  agreement,
  ticket,
}: ExpectServerFinished | ExpectResumingServer): void {
  if (agreement.expectsTicket && ticket === undefined) {
    throw new DtlsError("DTLS_UNEXPECTED_MESSAGE", "the server leaves out the ticket it promised");
  }
}

/** The last event of a handshake. */
export function tellSession(
  core: EndpointCore,
  association: Association,
  session: Uint8Array | undefined,
  now: number,
): void {
  if (session === undefined || association.phase !== "connected") return;
  core.event({ type: "session", connection: association, session }, now);
}

function lifeOf(
  core: EndpointCore,
  { lifetimeHint, ticket }: { readonly lifetimeHint: number; readonly ticket: Uint8Array },
  now: number,
): Pick<ClientSession, "ticket" | "expiresAt"> {
  const lifetimeMs = lifetimeHint === 0 ? MAX_LIFETIME_MS : lifetimeHint * 1000;
  const expiresAt = Math.floor(core.wallTime(now) + Math.min(lifetimeMs, MAX_LIFETIME_MS));
  return { ticket, expiresAt };
}
