import type { Association } from "../association.ts";
import { DecodeError } from "../codec/decode-error.ts";
import { Reader } from "../codec/reader.ts";
import type { EndpointConfig } from "../endpoint-config.ts";
import { type EndpointCore, isOver } from "../endpoint-core.ts";
import { alertReceived } from "../errors.ts";
import type { DatagramOutcome } from "../events.ts";
import type { Reception } from "../reception.ts";
import { AlertDescription, AlertLevel, decodeAlert } from "../record/alert.ts";
import { isChangeCipherSpec } from "../record/change-cipher-spec.ts";
import { advanceClient } from "./client.ts";
import type { Exchange } from "./exchange.ts";
import { guardHandshake } from "./failure.ts";
import {
  decodeHandshakeFragment,
  type HandshakeFragment,
  type HandshakeMessage,
  handshakeHeaderLength,
} from "./handshake-header.ts";
import { HelloReceiver } from "./hello-receiver.ts";
import { MessageType } from "./message-type.ts";
import { repeatFlight } from "./progress.ts";
import { advanceServer } from "./server.ts";

/** Room for an identity of 128 bytes and the public key of any group, and for the signature of any key. */
const LONGEST_CLIENT_MESSAGE = 1024;

/** Opens a record that had to wait, once it can be opened. */
export interface HeldRecords {
  receiveHeld(association: Association, now: number): void;
}

/** Brings handshake messages, ChangeCipherSpec and alerts of epoch 0 to the handshake that they belong to. */
export class HandshakeReceiver {
  readonly #core: EndpointCore;
  readonly #hellos: HelloReceiver;
  readonly #held: HeldRecords;

  constructor(core: EndpointCore, held: HeldRecords) {
    this.#core = core;
    this.#held = held;
    this.#hellos = new HelloReceiver(core);
  }

  receivePlain(reception: Reception): DatagramOutcome {
    let outcome: DatagramOutcome = "malformed";
    try {
      const reader = new Reader(reception.fragment());
      while (reader.remaining > 0) {
        const fragment = decodeHandshakeFragment(reader);
        const result =
          fragment.type === MessageType.clientHello
            ? this.#clientHello(fragment, reader.remaining, reception)
            : this.#plainFragment(fragment, reception);
        if (outcome !== "handled") outcome = result;
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
    return outcome;
  }

  /** One hello a datagram, and nothing else: several answers to one datagram would amplify. */
  #clientHello(
    fragment: HandshakeFragment,
    remaining: number,
    reception: Reception,
  ): DatagramOutcome {
    const { cursor } = reception;
    const { datagram, fragmentOffset } = cursor;
    const isAlone =
      remaining === 0 &&
      cursor.recordOffset === 0 &&
      fragmentOffset + cursor.fragmentLength === datagram.length &&
      cursor.fragmentLength === handshakeHeaderLength + fragment.body.length;
    if (!isAlone) return "unexpected";
    return this.#hellos.receive(fragment, cursor.sequence, reception);
  }

  #plainFragment(fragment: HandshakeFragment, reception: Reception): DatagramOutcome {
    const { address, port, via, now } = reception;
    let outcome: DatagramOutcome | undefined;
    for (const role of receivers(fragment.type)) {
      const association = this.#core.findHandshake(role, address, port);
      if (association === undefined) continue;
      outcome = "unexpected";
      if (!isPlausible(association.exchange, fragment, this.#core.config)) continue;
      this.#core.followRouter(association, via);
      return this.#fragment(association, fragment, now);
    }
    return outcome ?? this.#withoutHandshake(address, port);
  }

  #withoutHandshake(address: string, port: number): DatagramOutcome {
    return this.#core.byAddress.first(address, port) === undefined ? "unknown-peer" : "unexpected";
  }

  #fragment(association: Association, fragment: HandshakeFragment, now: number): DatagramOutcome {
    const core = this.#core;
    const exchange = association.exchange;
    if (exchange === undefined) return "unexpected";
    const outcome = exchange.reassembler.accept(fragment);
    if (outcome !== "taken") return outcome === "old" ? "replayed" : "unexpected";
    exchange.stopRetransmission(now + core.config.limits.handshakeLifetimeMs);
    core.schedule(association);
    for (;;) {
      const message = association.exchange?.reassembler.next();
      if (message === undefined) break;
      this.#message(association, message, now);
    }
    this.#held.receiveHeld(association, now);
    return "handled";
  }

  #message(association: Association, message: HandshakeMessage, now: number): void {
    const { exchange } = association;
    if (exchange === undefined) return;
    const advance = association.role === "server" ? advanceServer : advanceClient;
    guardHandshake(this.#core, association, now, () =>
      advance(this.#core, association, exchange, message, now),
    );
  }

  receiveChangeCipherSpec(reception: Reception): DatagramOutcome {
    const { address, port, via, now } = reception;
    if (!isChangeCipherSpec(reception.fragment())) return "malformed";
    // It has no number and no role: both handshakes of two peers that connect to each other may take it.
    let outcome = this.#withoutHandshake(address, port);
    for (const role of ["server", "client"] as const) {
      const association = this.#core.findHandshake(role, address, port);
      const exchange = association?.exchange;
      if (association === undefined || exchange === undefined) continue;
      if (!expectsChangeCipherSpec(exchange)) continue;
      this.#core.followRouter(association, via);
      exchange.hasChangeCipherSpec = true;
      outcome = "handled";
      this.#held.receiveHeld(association, now);
    }
    return outcome;
  }

  /** Anybody can send it, so it never ends anything by itself: see Exchange.suspectedFailure. */
  receivePlainAlert(reception: Reception): DatagramOutcome {
    const { address, port } = reception;
    const alert = decodeAlert(reception.fragment());
    if (alert === undefined) return "malformed";
    const association = this.#core.findHandshake("client", address, port);
    const exchange = association?.exchange;
    if (exchange === undefined || alert.level !== AlertLevel.fatal) {
      return this.#withoutHandshake(address, port);
    }
    exchange.suspectedFailure = alertReceived(alert.description);
    return "handled";
  }

  /** Handshake messages under the keys: Finished, or what a peer may not do once it is connected. */
  receiveProtected(association: Association, content: Uint8Array, now: number): DatagramOutcome {
    let outcome: DatagramOutcome = "malformed";
    try {
      const reader = new Reader(content);
      while (reader.remaining > 0 && !isOver(association)) {
        const fragment = decodeHandshakeFragment(reader);
        if (association.exchange === undefined) {
          outcome = this.#afterHandshake(association, fragment);
        } else if (fragment.type !== MessageType.finished) {
          outcome = "unexpected";
        } else {
          outcome = this.#fragment(association, fragment, now);
        }
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
    return outcome;
  }

  #afterHandshake(association: Association, fragment: HandshakeFragment): DatagramOutcome {
    if (fragment.type === MessageType.finished) {
      // The peer did not get the last flight (RFC 6347 section 4.2.4).
      if (association.lastFlight === undefined) return "unexpected";
      repeatFlight(this.#core, association);
      return "handled";
    }
    const asksForHandshake =
      fragment.type === MessageType.clientHello || fragment.type === MessageType.helloRequest;
    if (!asksForHandshake) return "unexpected";
    // Renegotiation is refused (RFC 5246 section 7.2.2, RFC 7925 section 17).
    this.#core.sendAlert(association, AlertLevel.warning, AlertDescription.noRenegotiation);
    return "handled";
  }
}

/** Who takes a message of this type. Both sides send certificates. */
function receivers(type: number): readonly ("client" | "server")[] {
  switch (type) {
    case MessageType.clientKeyExchange:
    case MessageType.certificateVerify:
      return ["server"];
    case MessageType.certificate:
      return ["client", "server"];
    default:
      return ["client"];
  }
}

/**
 * Whether a message in the clear can be one of the flight that this side waits for. Anything else is dropped
 * instead of ending the handshake: anybody may have sent it. Finished counts only under the keys.
 */
function isPlausible(
  exchange: Exchange | undefined,
  fragment: HandshakeFragment,
  config: EndpointConfig,
): boolean {
  if (exchange === undefined) return false;
  const ahead = fragment.messageSequence - exchange.reassembler.expected;
  if (ahead < 0) return true;
  const { type } = fragment;
  const { state } = exchange;
  switch (state.name) {
    case "expect-server-hello":
      if (ahead > 0) {
        const mayResume = state.session !== undefined && type === MessageType.newSessionTicket;
        return followsServerHello(type) || mayResume;
      }
      return type === MessageType.serverHello || type === MessageType.helloVerifyRequest;
    case "expect-server-hello-done":
      return followsServerHello(type);
    case "expect-server-finished":
    case "expect-resuming-server": {
      const isMissing = state.agreement.expectsTicket && state.ticket === undefined;
      return type === MessageType.newSessionTicket && ahead === 0 && isMissing;
    }
    case "expect-client-certificate":
      return fitsClientFlight(fragment, MessageType.certificate, ahead, config);
    case "expect-client-key-exchange":
      if (state.peer === undefined && ahead > 0) return false;
      return fitsClientFlight(fragment, MessageType.clientKeyExchange, ahead, config);
    case "expect-certificate-verify":
      return fitsClientFlight(fragment, MessageType.certificateVerify, ahead, config);
    default:
      return false;
  }
}

function followsServerHello(type: number): boolean {
  return (
    type === MessageType.certificate ||
    type === MessageType.serverKeyExchange ||
    type === MessageType.certificateRequest ||
    type === MessageType.serverHelloDone
  );
}

const clientFlight: readonly number[] = [
  MessageType.certificate,
  MessageType.clientKeyExchange,
  MessageType.certificateVerify,
];

/** The reassembler makes room for what a first fragment claims, so that only what can come next may claim anything. */
function fitsClientFlight(
  { type, length }: HandshakeFragment,
  next: number,
  ahead: number,
  { limits }: EndpointConfig,
): boolean {
  if (type !== clientFlight[clientFlight.indexOf(next) + ahead]) return false;
  const longest =
    type === MessageType.certificate ? limits.maxHandshakeMessageLength : LONGEST_CLIENT_MESSAGE;
  return length <= longest;
}

/**
 * It belongs to the flight that ends with Finished. On a server it may overtake the ClientKeyExchange of that
 * flight, or wait for the key; a client has sent its own Finished before, or wants to resume a session.
 */
function expectsChangeCipherSpec({ state }: Exchange): boolean {
  if (state.name === "expect-server-hello") return state.session !== undefined;
  return state.name !== "expect-server-hello-done";
}
