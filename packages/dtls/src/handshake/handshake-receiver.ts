import type { Association } from "../association.ts";
import { DecodeError } from "../codec/decode-error.ts";
import { Reader } from "../codec/reader.ts";
import { type EndpointCore, isOver } from "../endpoint-core.ts";
import { alertReceived, DtlsError } from "../errors.ts";
import type { DatagramOutcome } from "../events.ts";
import type { Reception } from "../reception.ts";
import { AlertDescription, AlertLevel, decodeAlert } from "../record/alert.ts";
import { isChangeCipherSpec } from "../record/change-cipher-spec.ts";
import { advanceClient } from "./client.ts";
import type { Exchange } from "./exchange.ts";
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

/** Room for an identity of 128 bytes and for the public key of any group. */
const LONGEST_CLIENT_KEY_EXCHANGE = 1024;

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
    const isFromClient =
      fragment.type === MessageType.clientKeyExchange ||
      fragment.type === MessageType.certificateVerify;
    const association = this.#core.findHandshake(isFromClient ? "server" : "client", address, port);
    if (association === undefined) return this.#withoutHandshake(address, port);
    if (!isPlausible(association.exchange, fragment)) return "unexpected";
    this.#core.followRouter(association, via);
    return this.#fragment(association, fragment, now);
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

  /** The one boundary where a handshake's errors become its end. */
  #message(association: Association, message: HandshakeMessage, now: number): void {
    const { exchange } = association;
    if (exchange === undefined) return;
    try {
      if (association.role === "server") {
        advanceServer(this.#core, association, exchange, message, now);
      } else {
        advanceClient(this.#core, association, exchange, message, now);
      }
    } catch (cause) {
      this.#core.fail(association, asDtlsError(cause), now);
    }
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

/**
 * Whether a message in the clear can be one of the flight that this side waits for. Anything else is dropped
 * instead of ending the handshake: anybody may have sent it. Finished counts only under the keys.
 */
function isPlausible(exchange: Exchange | undefined, fragment: HandshakeFragment): boolean {
  if (exchange === undefined) return false;
  const ahead = fragment.messageSequence - exchange.reassembler.expected;
  if (ahead < 0) return true;
  const { type } = fragment;
  const endsServerFlight =
    type === MessageType.serverKeyExchange || type === MessageType.serverHelloDone;
  switch (exchange.state.name) {
    case "expect-server-hello":
      if (ahead > 0) return endsServerFlight;
      return type === MessageType.serverHello || type === MessageType.helloVerifyRequest;
    case "expect-server-hello-done":
      return endsServerFlight;
    case "expect-client-key-exchange":
      // The reassembler makes room for what a first fragment claims.
      return (
        ahead === 0 &&
        type === MessageType.clientKeyExchange &&
        fragment.length <= LONGEST_CLIENT_KEY_EXCHANGE
      );
    default:
      return false;
  }
}

/**
 * It belongs to the flight that ends with Finished. On a server it may overtake the ClientKeyExchange of that
 * flight, or wait for the key; a client has sent its own Finished before.
 */
function expectsChangeCipherSpec({ state }: Exchange): boolean {
  return state.name !== "expect-server-hello" && state.name !== "expect-server-hello-done";
}

function asDtlsError(cause: unknown): DtlsError {
  if (cause instanceof DtlsError) return cause;
  if (cause instanceof DecodeError) {
    return new DtlsError("DTLS_DECODE", cause.message, { cause });
  }
  return new DtlsError("DTLS_INTERNAL", "the handshake met an internal error", { cause });
}
