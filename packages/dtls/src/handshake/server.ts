/*
 * A full handshake with PSK, seen from the server (RFC 6347 section 4.2.4, RFC 4279 section 2):
 *
 *   Client                                   Server
 *   ------                                   ------
 *   ClientHello             -------->                             flight 1   stateless
 *                           <--------   HelloVerifyRequest        flight 2   stateless
 *   ClientHello (cookie)    -------->                             flight 3   startServerHandshake
 *                                              ServerHello
 *                           <--------      ServerHelloDone        flight 4   expect-client-key-exchange
 *   ClientKeyExchange                                                        expect-psk
 *   [ChangeCipherSpec]                                                       Exchange.hasChangeCipherSpec
 *   Finished                -------->                             flight 5   expect-finished
 *                                       [ChangeCipherSpec]
 *                           <--------             Finished        flight 6   connected
 */

import type { Association } from "../association.ts";
import { copyBytes } from "../copy-bytes.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import { DtlsError, DtlsUsageError } from "../errors.ts";
import type { Path } from "../path.ts";
import { versionDtls12 } from "../record/record-header.ts";
import { Exchange } from "./exchange.ts";
import type { HandshakeMessage } from "./handshake-header.ts";
import { MessageType } from "./message-type.ts";
import type { ClientHello } from "./messages/client-hello.ts";
import { decodePskClientKeyExchange } from "./messages/client-key-exchange.ts";
import { encodeServerHello } from "./messages/server-hello.ts";
import { type Agreement, answeredExtensions, chooseFromOffer } from "./negotiate.ts";
import { completeHandshake, startFlight } from "./progress.ts";
import { deriveSession, finishedBody, type Randoms } from "./session.ts";

export type ServerState = ExpectClientKeyExchange | ExpectPsk | Refused | ExpectFinished;

interface ExpectClientKeyExchange {
  readonly name: "expect-client-key-exchange";
  readonly agreement: Agreement;
  readonly randoms: Randoms;
}

/** The owner of the endpoint looks the identity's key up. */
interface ExpectPsk {
  readonly name: "expect-psk";
  readonly agreement: Agreement;
  readonly randoms: Randoms;
}

/**
 * The identity has no key. The handshake stays as silent, and lasts as long, as one with a wrong key,
 * so that nobody can find out which identities exist.
 */
interface Refused {
  readonly name: "refused";
}

interface ExpectFinished {
  readonly name: "expect-client-finished";
  readonly agreement: Agreement;
  readonly masterSecret: Uint8Array;
}

/** RFC 4279 section 5.3: what an implementation must support, and what this one does. */
const MAX_IDENTITY_LENGTH = 128;
export const MAX_PSK_LENGTH = 512;

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
  const agreement = chooseFromOffer(hello, core.config);
  const association = core.startAssociation("server", path, now);
  association.suite = agreement.suite;
  association.writeConnectionId = agreement.writeConnectionId;
  if (agreement.usesConnectionId && !core.assignConnectionId(association)) {
    core.fail(association, new DtlsError("DTLS_LIMIT", "no Connection ID is left"), now);
    return;
  }
  const serverRandom = new Uint8Array(32);
  core.config.entropy.fill(serverRandom);
  const randoms = { clientRandom: copyBytes(hello.random), serverRandom };
  const { messageSequence } = message;
  const exchange = new Exchange(
    { name: "expect-client-key-exchange", agreement, randoms },
    core.config,
    { recordSequence, messageSequence, expected: messageSequence + 1 },
  );
  exchange.acceptedHello = { random: randoms.clientRandom, messageSequence };
  exchange.expiresAt = now + core.config.limits.handshakeLifetimeMs;
  exchange.transcript.add(message);
  association.exchange = exchange;
  const serverHello = encodeServerHello({
    version: versionDtls12,
    random: serverRandom,
    // Sessions cannot be resumed.
    sessionId: new Uint8Array(0),
    cipherSuite: agreement.suite.id,
    compressionMethod: 0,
    extensions: answeredExtensions(hello, agreement, association),
  });
  const flight = [
    exchange.message(MessageType.serverHello, serverHello),
    exchange.message(MessageType.serverHelloDone, new Uint8Array(0)),
  ];
  startFlight(core, association, flight, now);
}

/** Takes the next message of the client. @throws DtlsError or DecodeError; the handshake is over then. */
export function advanceServer(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  message: HandshakeMessage,
  now: number,
): void {
  const state = exchange.state;
  if (state.name === "expect-client-key-exchange" && isClientKeyExchange(message)) {
    takeClientKeyExchange(core, association, exchange, state, message, now);
  } else if (state.name === "expect-client-finished" && message.type === MessageType.finished) {
    takeFinished(core, association, exchange, state, message, now);
  } else {
    throw new DtlsError("DTLS_UNEXPECTED_MESSAGE", `message ${message.type} in ${state.name}`);
  }
}

function isClientKeyExchange(message: HandshakeMessage): boolean {
  return message.type === MessageType.clientKeyExchange;
}

function takeClientKeyExchange(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  { agreement, randoms }: ExpectClientKeyExchange,
  message: HandshakeMessage,
  now: number,
): void {
  const identity = copyBytes(decodePskClientKeyExchange(message.body));
  exchange.transcript.add(message);
  if (identity.length > MAX_IDENTITY_LENGTH) {
    exchange.state = { name: "refused" };
    return;
  }
  association.pskIdentity = identity;
  exchange.state = { name: "expect-psk", agreement, randoms };
  core.event({ type: "psk-needed", connection: association, identity }, now);
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
  if (psk === undefined) {
    exchange.state = { name: "refused" };
    return;
  }
  checkPsk(psk);
  const { agreement, randoms } = state;
  const { transcript } = exchange;
  const masterSecret = deriveSession(core, association, agreement, randoms, psk, transcript);
  exchange.state = { name: "expect-client-finished", agreement, masterSecret };
}

/** @throws DtlsUsageError for a key that is not 1 to 512 bytes long. */
export function checkPsk(psk: Uint8Array): void {
  if (psk.length < 1 || psk.length > MAX_PSK_LENGTH) {
    throw new DtlsUsageError(
      `psk has ${psk.length} bytes, but must have 1 to ${MAX_PSK_LENGTH} bytes`,
    );
  }
}

function takeFinished(
  core: EndpointCore,
  association: Association,
  exchange: Exchange,
  { agreement, masterSecret }: ExpectFinished,
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
  const own = finishedBody(config, agreement, masterSecret, "server", transcript);
  masterSecret.fill(0);
  const flight = [
    { kind: "change-cipher-spec" } as const,
    exchange.message(MessageType.finished, own, 1),
  ];
  completeHandshake(core, association, flight, now);
}
