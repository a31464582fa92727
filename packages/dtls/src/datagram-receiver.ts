import type { Association } from "./association.ts";
import { DecodeError } from "./codec/decode-error.ts";
import { Reader } from "./codec/reader.ts";
import { type EndpointCore, isOver, isSameRouter } from "./endpoint-core.ts";
import { DtlsError } from "./errors.ts";
import type { DatagramOutcome } from "./events.ts";
import { advanceClient } from "./handshake/client.ts";
import {
  decodeHandshakeFragment,
  type HandshakeFragment,
  type HandshakeMessage,
} from "./handshake/handshake-header.ts";
import { HelloReceiver } from "./handshake/hello-receiver.ts";
import { MessageType } from "./handshake/message-type.ts";
import { repeatFlight } from "./handshake/progress.ts";
import { advanceServer } from "./handshake/server.ts";
import type { SocketAddress } from "./path.ts";
import { OpenedRecord } from "./protection/opened-record.ts";
import { AlertDescription, AlertLevel, decodeAlert } from "./record/alert.ts";
import { isChangeCipherSpec } from "./record/change-cipher-spec.ts";
import { ContentType } from "./record/content-type.ts";
import { RecordCursor } from "./record/datagram.ts";

/** Where the datagram that is being received came from, and the objects it is read with. */
class Reception {
  readonly cursor: RecordCursor;
  readonly opened: OpenedRecord = new OpenedRecord();
  address = "";
  port = 0;
  via: SocketAddress | undefined = undefined;
  now = 0;

  constructor(connectionIdLength: number) {
    this.cursor = new RecordCursor(connectionIdLength);
  }
}

/**
 * The way of a datagram: records, the association of each, and what the record does to it. Cheap checks
 * come before any cryptography, and nothing that is not authentic touches an established association.
 */
export class DatagramReceiver {
  readonly #core: EndpointCore;
  readonly #hellos: HelloReceiver;
  /** One for each level of nesting: a sink may hand a datagram in while one is being received. */
  readonly #receptions: Reception[] = [];
  #depth = 0;

  constructor(core: EndpointCore) {
    this.#core = core;
    this.#hellos = new HelloReceiver(core);
  }

  receive(
    datagram: Uint8Array,
    address: string,
    port: number,
    via: SocketAddress | undefined,
    now: number,
  ): DatagramOutcome {
    const { counters, isSealedForEver } = this.#core;
    counters.datagramsReceived += 1;
    const outcome = isSealedForEver
      ? "sealed-for-ever"
      : this.#withReception(datagram, address, port, via, now);
    if (outcome === "handled") counters.datagramsHandled += 1;
    else if (outcome === "answered") counters.datagramsAnswered += 1;
    else counters.datagramsDropped[outcome] += 1;
    return outcome;
  }

  /** Opens the record that waited for keys or for ChangeCipherSpec, if there is one and both are here. */
  receiveHeld(association: Association, now: number): void {
    const { exchange } = association;
    const held = exchange?.heldRecord;
    if (exchange === undefined || held === undefined) return;
    if (association.opener === undefined || !exchange.hasChangeCipherSpec) return;
    exchange.heldRecord = undefined;
    const { address, port, via } = held.path;
    this.#withReception(held.bytes, address, port, via, now);
  }

  #withReception(
    datagram: Uint8Array,
    address: string,
    port: number,
    via: SocketAddress | undefined,
    now: number,
  ): DatagramOutcome {
    let reception = this.#receptions[this.#depth];
    if (reception === undefined) {
      reception = new Reception(this.#core.config.connectionIdLength ?? 0);
      this.#receptions.push(reception);
    }
    reception.address = address;
    reception.port = port;
    reception.via = via;
    reception.now = now;
    this.#depth += 1;
    try {
      return this.#records(datagram, reception);
    } finally {
      this.#depth -= 1;
    }
  }

  #records(datagram: Uint8Array, reception: Reception): DatagramOutcome {
    const { cursor } = reception;
    const { recordsDropped } = this.#core.counters;
    let result: DatagramOutcome | undefined;
    cursor.start(datagram);
    while (cursor.next()) {
      const outcome = this.#record(reception);
      if (outcome === "handled") {
        result = outcome;
      } else if (outcome === "answered") {
        if (result !== "handled") result = outcome;
      } else {
        recordsDropped[outcome] += 1;
        result ??= outcome;
      }
    }
    if (cursor.isMalformed) {
      recordsDropped.malformed += 1;
      result ??= "malformed";
    }
    return result ?? "malformed";
  }

  #record(reception: Reception): DatagramOutcome {
    const { cursor } = reception;
    if (cursor.type === ContentType.tls12Cid) {
      if (cursor.epoch !== 1) return "wrong-epoch";
      const association = this.#core.byCid.find(
        cursor.datagram,
        cursor.connectionIdOffset,
        cursor.connectionIdLength,
      );
      if (association === undefined) return "unknown-connection-id";
      const outcome = this.#protected(association, reception);
      if (outcome === "not-authentic") this.#countForgery(association, reception.now);
      return outcome;
    }
    if (cursor.epoch === 0) return this.#plain(reception);
    return cursor.epoch === 1 ? this.#protectedByAddress(reception) : "wrong-epoch";
  }

  /** A protected record without CID: one of those associations of its address that use none. */
  #protectedByAddress(reception: Reception): DatagramOutcome {
    const { byAddress } = this.#core;
    let outcome: DatagramOutcome = "unknown-peer";
    let suspect: Association | undefined;
    let waiting: Association | undefined;
    let row = byAddress.first(reception.address, reception.port);
    while (row !== undefined) {
      const next = byAddress.after(row);
      if (row.readConnectionId !== undefined) {
        if (outcome === "unknown-peer") outcome = "connection-id-missing";
      } else if (isWaiting(row)) {
        waiting = row;
      } else {
        outcome = this.#protected(row, reception);
        if (outcome === "handled" || outcome === "unexpected") return outcome;
        if (outcome === "not-authentic") suspect ??= row;
      }
      row = next;
    }
    if (waiting !== undefined) return this.#protected(waiting, reception);
    if (suspect !== undefined) this.#countForgery(suspect, reception.now);
    return outcome;
  }

  #countForgery(association: Association, now: number): void {
    association.forgeries += 1;
    association.isDirty = true;
    const limit = association.suite?.forgeryLimit ?? 0;
    if (association.forgeries >= limit) this.#core.closeAtLimit(association, "forgeries", now);
  }

  #protected(association: Association, reception: Reception): DatagramOutcome {
    if (isWaiting(association)) return hold(association, reception);
    const { opener } = association;
    if (opener === undefined) return "unexpected";
    const { opened } = reception;
    const outcome = opener.open(reception.cursor, opened);
    if (outcome !== "opened") return outcome;
    this.#core.counters.recordsOpened += 1;
    association.lastReceivedAt = reception.now;
    association.isDirty = true;
    if (opened.isNewest) this.#followPath(association, reception);
    switch (opened.type) {
      case ContentType.applicationData:
        return this.#applicationData(association, reception);
      case ContentType.alert:
        return this.#alert(association, opened.content, reception.now);
      case ContentType.handshake:
        return this.#handshakeRecord(association, reception);
      default:
        return "unexpected";
    }
  }

  #applicationData(association: Association, { opened, now }: Reception): DatagramOutcome {
    if (association.phase !== "connected") return "unexpected";
    if (association.lastFlight !== undefined) {
      association.lastFlight = undefined;
      this.#core.deadlines.cancel(association);
    }
    this.#core.sink.data(association, opened.content, now);
    return "handled";
  }

  /** An authentic record that is newer than all others shows the peer's present path (RFC 9146 section 6). */
  #followPath(association: Association, { address, port, via, now }: Reception): void {
    const from = association.path;
    if (from.port === port && from.address === address && isSameRouter(from.via, via)) return;
    const to = { address, port, via };
    this.#core.setPath(association, to);
    if (association.phase !== "connected") return;
    this.#core.counters.pathChanges += 1;
    this.#core.event({ type: "path-changed", connection: association, from, to }, now);
  }

  #alert(association: Association, body: Uint8Array, now: number): DatagramOutcome {
    const alert = decodeAlert(body);
    if (alert === undefined) return "malformed";
    if (alert.description === AlertDescription.closeNotify) {
      this.#core.sendAlert(association, AlertLevel.warning, AlertDescription.closeNotify);
      this.#core.forget(association, { kind: "close-notify-received" }, now);
    } else if (alert.level === AlertLevel.fatal) {
      const error = alertReceived(alert.description);
      this.#core.forget(association, { kind: "failed", error }, now);
    }
    return "handled";
  }

  /** Handshake messages under the keys: Finished, or what a peer may not do once it is connected. */
  #handshakeRecord(association: Association, { opened, now }: Reception): DatagramOutcome {
    let outcome: DatagramOutcome = "malformed";
    try {
      const reader = new Reader(opened.content);
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

  #plain(reception: Reception): DatagramOutcome {
    switch (reception.cursor.type) {
      case ContentType.handshake:
        return this.#plainHandshake(reception);
      case ContentType.changeCipherSpec:
        return this.#changeCipherSpec(reception);
      case ContentType.alert:
        return this.#plainAlert(reception);
      default:
        return "unexpected";
    }
  }

  #plainHandshake(reception: Reception): DatagramOutcome {
    const { cursor } = reception;
    let outcome: DatagramOutcome = "malformed";
    try {
      const start = cursor.fragmentOffset;
      const reader = new Reader(cursor.datagram, start, start + cursor.fragmentLength);
      while (reader.remaining > 0) {
        const fragment = decodeHandshakeFragment(reader);
        const result =
          fragment.type === MessageType.clientHello
            ? this.#hellos.receive(fragment, cursor.sequence, reception)
            : this.#plainFragment(fragment, reception);
        if (outcome !== "handled") outcome = result;
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
    return outcome;
  }

  #plainFragment(fragment: HandshakeFragment, reception: Reception): DatagramOutcome {
    const { address, port, via, now } = reception;
    const isFromClient =
      fragment.type === MessageType.clientKeyExchange ||
      fragment.type === MessageType.certificateVerify;
    const association = this.#core.findHandshake(isFromClient ? "server" : "client", address, port);
    if (association === undefined) return this.#withoutHandshake(address, port);
    // Finished counts only under the keys.
    if (fragment.type === MessageType.finished) return "unexpected";
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
    this.receiveHeld(association, now);
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

  #changeCipherSpec(reception: Reception): DatagramOutcome {
    const { cursor, address, port, via, now } = reception;
    const start = cursor.fragmentOffset;
    const body = cursor.datagram.subarray(start, start + cursor.fragmentLength);
    if (!isChangeCipherSpec(body)) return "malformed";
    // It has no number and no role: both handshakes of two peers that connect to each other may take it.
    let outcome = this.#withoutHandshake(address, port);
    for (const role of ["server", "client"] as const) {
      const association = this.#core.findHandshake(role, address, port);
      const exchange = association?.exchange;
      if (association === undefined || exchange === undefined) continue;
      if (exchange.state.name === "expect-server-hello") continue;
      this.#core.followRouter(association, via);
      exchange.hasChangeCipherSpec = true;
      outcome = "handled";
      this.receiveHeld(association, now);
    }
    return outcome;
  }

  /** Anybody can send it, so it never ends anything by itself: see Exchange.suspectedFailure. */
  #plainAlert(reception: Reception): DatagramOutcome {
    const { cursor, address, port } = reception;
    const start = cursor.fragmentOffset;
    const alert = decodeAlert(cursor.datagram.subarray(start, start + cursor.fragmentLength));
    if (alert === undefined) return "malformed";
    const association = this.#core.findHandshake("client", address, port);
    const exchange = association?.exchange;
    if (exchange === undefined || alert.level !== AlertLevel.fatal) {
      return this.#withoutHandshake(address, port);
    }
    exchange.suspectedFailure = alertReceived(alert.description);
    return "handled";
  }
}

/** Records of epoch 1 cannot be opened yet: keys or ChangeCipherSpec are missing. */
function isWaiting({ exchange, opener }: Association): boolean {
  return exchange !== undefined && (opener === undefined || !exchange.hasChangeCipherSpec);
}

/** Keeps one early record, the latest: enough for a Finished that overtook the rest of its flight. */
function hold(association: Association, reception: Reception): DatagramOutcome {
  const { exchange } = association;
  if (exchange === undefined) return "unexpected";
  const { cursor, address, port, via } = reception;
  exchange.heldRecord = {
    bytes: cursor.datagram.slice(
      cursor.recordOffset,
      cursor.fragmentOffset + cursor.fragmentLength,
    ),
    path: { address, port, via },
  };
  return "handled";
}

function alertReceived(description: number): DtlsError {
  return new DtlsError("DTLS_ALERT_RECEIVED", `the peer sent the fatal alert ${description}`, {
    alert: description,
  });
}

function asDtlsError(cause: unknown): DtlsError {
  if (cause instanceof DtlsError) return cause;
  if (cause instanceof DecodeError) {
    return new DtlsError("DTLS_DECODE", cause.message, { cause });
  }
  return new DtlsError("DTLS_INTERNAL", "the handshake met an internal error", { cause });
}
