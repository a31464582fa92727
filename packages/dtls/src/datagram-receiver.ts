import type { Association } from "./association.ts";
import { copyBytes } from "./copy-bytes.ts";
import { type EndpointCore, isSameRouter } from "./endpoint-core.ts";
import { alertReceived } from "./errors.ts";
import type { DatagramOutcome } from "./events.ts";
import { HandshakeReceiver } from "./handshake/handshake-receiver.ts";
import type { SocketAddress } from "./path.ts";
import { abandonCheck, observeNewAddress, receivePathMessage } from "./path-check.ts";
import { Reception } from "./reception.ts";
import { AlertDescription, AlertLevel, decodeAlert } from "./record/alert.ts";
import { ContentType } from "./record/content-type.ts";

/** A sealed Finished takes 60 bytes at most, and perhaps some padding. */
const LONGEST_HELD_FRAGMENT = 512;

/** Receptions in progress: a sink may hand a datagram to this endpoint or another while one is being received. */
let depth = 0;

/**
 * The way of a datagram: records, the association of each, and what the record does to it. Cheap checks
 * come before any cryptography, and nothing that is not authentic touches an established association.
 */
export class DatagramReceiver {
  readonly #core: EndpointCore;
  readonly #handshakes: HandshakeReceiver;
  /** One for each depth, made when it is first needed. */
  readonly #receptions: (Reception | undefined)[] = [];

  constructor(core: EndpointCore) {
    this.#core = core;
    this.#handshakes = new HandshakeReceiver(core, this);
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
    let reception = this.#receptions[depth];
    if (reception === undefined) {
      reception = new Reception(this.#core.config.connectionIdLength ?? 0, depth);
      this.#receptions[depth] = reception;
    }
    reception.address = address;
    reception.port = port;
    reception.via = via;
    reception.now = now;
    depth += 1;
    try {
      return this.#records(datagram, reception);
    } finally {
      depth -= 1;
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
    if (association.forgeries < limit) return;
    if (association.phase === "connected") {
      this.#core.closeAtLimit(association, "forgeries", now);
    } else {
      // A wrong key must look like an unknown identity, so nothing is sent.
      this.#core.forget(association, { kind: "limit-reached", limit: "forgeries" }, now);
    }
  }

  #protected(association: Association, reception: Reception): DatagramOutcome {
    const { config } = this.#core;
    if (!config.followsPath && !isFrom(association.path, reception)) return "unknown-peer";
    if (isWaiting(association)) return hold(association, reception);
    const { opener } = association;
    if (opener === undefined) return "unexpected";
    const { opened } = reception;
    const outcome = opener.open(reception.cursor, opened);
    if (outcome !== "opened") return outcome;
    this.#core.counters.recordsOpened += 1;
    association.lastReceivedAt = reception.now;
    association.isDirty = true;
    // Checks of the path ask for cookies, they show nothing by themselves.
    const showsPath = opened.isNewest && opened.type !== ContentType.returnRoutabilityCheck;
    if (showsPath) this.#followPath(association, reception);
    switch (opened.type) {
      case ContentType.applicationData:
        return this.#applicationData(association, reception);
      case ContentType.alert:
        return this.#alert(association, opened.content, reception.now);
      case ContentType.handshake:
        return this.#handshakes.receiveProtected(association, opened.content, reception.now);
      case ContentType.returnRoutabilityCheck:
        return receivePathMessage(this.#core, association, reception);
      default:
        return "unexpected";
    }
  }

  #applicationData(association: Association, { opened, now }: Reception): DatagramOutcome {
    if (association.phase !== "connected") return "unexpected";
    if (association.lastFlight !== undefined) {
      association.lastFlight = undefined;
      if (association.pathCheck === undefined) this.#core.deadlines.cancel(association);
    }
    this.#core.sink.data(association, opened.content, now);
    return "handled";
  }

  /** An authentic record that is newer than all others shows the peer's present path (RFC 9146 section 6). */
  #followPath(association: Association, reception: Reception): void {
    const { address, port, via, now } = reception;
    const from = association.path;
    const isAtHome = from.port === port && from.address === address;
    if (isAtHome) {
      if (association.pathCheck !== undefined) abandonCheck(this.#core, association, now);
      if (isSameRouter(from.via, via)) return;
    }
    const to = { address, port, via };
    if (!isAtHome && association.checksPath && association.phase === "connected") {
      const { recordOffset, fragmentOffset, fragmentLength } = reception.cursor;
      const length = fragmentOffset + fragmentLength - recordOffset;
      observeNewAddress(this.#core, association, to, length, now);
      return;
    }
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

  #plain(reception: Reception): DatagramOutcome {
    switch (reception.cursor.type) {
      case ContentType.handshake:
        return this.#handshakes.receivePlain(reception);
      case ContentType.changeCipherSpec:
        return this.#handshakes.receiveChangeCipherSpec(reception);
      case ContentType.alert:
        return this.#handshakes.receivePlainAlert(reception);
      default:
        return "unexpected";
    }
  }
}

function isFrom(path: SocketAddress, { address, port }: Reception): boolean {
  return path.port === port && path.address === address;
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
  if (cursor.fragmentLength > LONGEST_HELD_FRAGMENT) return "unexpected";
  exchange.heldRecord = {
    bytes: copyBytes(
      cursor.datagram.subarray(cursor.recordOffset, cursor.fragmentOffset + cursor.fragmentLength),
    ),
    path: { address, port, via },
  };
  return "handled";
}
