import { alertFor } from "../alert-for.ts";
import { DecodeError } from "../codec/decode-error.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import { DtlsError } from "../errors.ts";
import type { DatagramOutcome } from "../events.ts";
import type { SocketAddress } from "../path.ts";
import { PlainRecordWriter } from "../protection/record-writer.ts";
import { AlertLevel, encodeAlert } from "../record/alert.ts";
import { ContentType } from "../record/content-type.ts";
import { versionDtls12 } from "../record/record-header.ts";
import { hasClientRandom, hasSameBytes } from "../state/session-secrets.ts";
import { CookieAuthority } from "./cookie.ts";
import { encodeHandshakeMessage, type HandshakeFragment } from "./handshake-header.ts";
import { HelloRate } from "./hello-rate.ts";
import { MessageType } from "./message-type.ts";
import { type ClientHello, decodeClientHello } from "./messages/client-hello.ts";
import { encodeHelloVerifyRequest } from "./messages/hello-verify-request.ts";
import { repeatFlight } from "./progress.ts";
import { startServerHandshake } from "./server.ts";

/** What any client needs to end a handshake, with a repetition of its last flight. */
const MIN_AGE_OF_EVICTED_MS = 3000;

/** How a datagram came. */
export interface Arrival {
  readonly address: string;
  readonly port: number;
  readonly via: SocketAddress | undefined;
  readonly now: number;
}

/**
 * ClientHellos of epoch 0, the only datagrams that anybody may send: answered without state until a cookie
 * proves the address (RFC 6347 section 4.2.1), and never a danger to an established association.
 */
export class HelloReceiver {
  readonly #core: EndpointCore;
  readonly #cookies: CookieAuthority;
  readonly #rate: HelloRate;

  constructor(core: EndpointCore) {
    this.#core = core;
    this.#cookies = new CookieAuthority(core.config.crypto, core.config.cookieSecret);
    this.#rate = new HelloRate(core.config.limits.maxHandshakesPerSecond);
  }

  /** @throws DecodeError when the hello does not parse. */
  receive(fragment: HandshakeFragment, recordSequence: number, arrival: Arrival): DatagramOutcome {
    const core = this.#core;
    const { address, port, via, now } = arrival;
    // Pieces of a hello would need state before there is a cookie.
    if (!core.config.isServer || fragment.body.length !== fragment.length) return "unexpected";
    const hello = decodeClientHello(fragment.body);
    const { messageSequence } = fragment;

    const pending = core.findHandshake("server", address, port);
    const accepted = pending?.exchange?.acceptedHello;
    if (pending !== undefined && accepted?.messageSequence === messageSequence) {
      if (hasSameBytes(accepted.random, hello.random)) {
        core.followRouter(pending, via);
        repeatFlight(core, pending);
        return "handled";
      }
    }
    if (!this.#cookies.accepts(hello, address, port, core.wallTime(now))) {
      this.#requestVerification(hello, messageSequence, recordSequence, arrival);
      return "answered";
    }
    if (this.#isOld(hello, address, port)) return "replayed";
    const { counters } = core;
    const { maxHandshakes } = core.config.limits;
    const others = core.serverHandshakes.size - (pending === undefined ? 0 : 1);
    if (!core.residents.hasRoomFor(counters.connections + others, now)) {
      return "too-many-connections";
    }
    if (!this.#rate.take(now)) return "handshake-rate";
    if (others >= maxHandshakes && !this.#evictOldest(now)) return "too-many-handshakes";
    if (pending !== undefined) core.forget(pending, { kind: "replaced" }, now);
    return this.#start(hello, fragment, recordSequence, arrival);
  }

  /**
   * Makes room at the limit, so that whoever begins handshakes and ends none would have to fill all places anew
   * within three seconds to keep others out.
   */
  #evictOldest(now: number): boolean {
    const oldest = this.#core.serverHandshakes.values().next();
    if (oldest.done || now - oldest.value.lastReceivedAt < MIN_AGE_OF_EVICTED_MS) return false;
    this.#core.forget(oldest.value, { kind: "evicted" }, now);
    return true;
  }

  #start(
    hello: ClientHello,
    fragment: HandshakeFragment,
    recordSequence: number,
    { address, port, via, now }: Arrival,
  ): DatagramOutcome {
    const path = { address, port, via };
    try {
      startServerHandshake(this.#core, hello, fragment, recordSequence, path, now);
      return "handled";
    } catch (error) {
      if (error instanceof DecodeError) {
        this.#refuse(new DtlsError("DTLS_DECODE", error.message), recordSequence, path);
      } else if (error instanceof DtlsError) {
        this.#refuse(error, recordSequence, path);
      } else {
        throw error;
      }
      return "answered";
    }
  }

  /** Whether an established association of this address came from this very hello. */
  #isOld(hello: ClientHello, address: string, port: number): boolean {
    const { byAddress, secrets } = this.#core;
    let row = byAddress.first(address, port);
    while (row !== undefined) {
      if (row.role === "server" && row.phase === "connected") {
        if (hasClientRandom(secrets.view(row.secretSlot), hello.random)) return true;
      }
      row = byAddress.after(row);
    }
    return false;
  }

  /** Answers with the numbers of the question, so that nothing has to be remembered. */
  #requestVerification(
    hello: ClientHello,
    messageSequence: number,
    recordSequence: number,
    { address, port, via, now }: Arrival,
  ): void {
    const core = this.#core;
    core.counters.helloVerifyRequests += 1;
    const cookie = this.#cookies.issue(hello, address, port, core.wallTime(now));
    const content = encodeHandshakeMessage({
      type: MessageType.helloVerifyRequest,
      messageSequence,
      body: encodeHelloVerifyRequest({ version: versionDtls12, cookie }),
    });
    const path = { address, port, via };
    this.#answer(ContentType.handshake, content, recordSequence, path);
  }

  #refuse(
    error: DtlsError,
    recordSequence: number,
    path: SocketAddress & { readonly via: SocketAddress | undefined },
  ): void {
    this.#core.counters.handshakesStarted += 1;
    this.#core.counters.handshakesFailed += 1;
    const description = alertFor(error);
    if (description === undefined) return;
    const alert = encodeAlert(AlertLevel.fatal, description);
    this.#answer(ContentType.alert, alert, recordSequence, path);
  }

  #answer(
    type: number,
    content: Uint8Array,
    recordSequence: number,
    path: SocketAddress & { readonly via: SocketAddress | undefined },
  ): void {
    const writer = new PlainRecordWriter(recordSequence);
    const datagram = new Uint8Array(writer.overhead + content.length);
    if (writer.write(type, content, 0, content.length, datagram, 0) > 0) {
      this.#core.transmit(datagram, path);
    }
  }
}
