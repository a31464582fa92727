import { DeadlineQueue } from "@dtls-cluster/deadlines";
import { alertFor } from "./alert-for.ts";
import { Association } from "./association.ts";
import { Counters } from "./counters.ts";
import { AddressTable } from "./demux/address-table.ts";
import { CidTable } from "./demux/cid-table.ts";
import type { EndpointConfig } from "./endpoint-config.ts";
import type { DtlsError } from "./errors.ts";
import type { CloseReason, EndpointEvent, EndpointSink } from "./events.ts";
import type { Path, SocketAddress } from "./path.ts";
import { PlainRecordWriter } from "./protection/record-writer.ts";
import { AlertDescription, AlertLevel, encodeAlert } from "./record/alert.ts";
import { ContentType } from "./record/content-type.ts";
import { Residents } from "./residents.ts";
import { SessionCache } from "./resumption/session-cache.ts";
import { TicketAuthority } from "./resumption/ticket-authority.ts";
import { SecretStore } from "./state/secret-store.ts";

const MAX_CID_ATTEMPTS = 10;

/** The tables, counters and deadlines of an endpoint, and the few operations that keep them consistent. */
export class EndpointCore {
  readonly config: EndpointConfig;
  readonly sink: EndpointSink;
  readonly counters: Counters = new Counters();
  readonly byCid: CidTable<Association> = new CidTable();
  readonly byAddress: AddressTable<Association>;
  /** Server handshakes in progress, the oldest first. */
  readonly serverHandshakes: Set<Association> = new Set();
  readonly residents: Residents;
  readonly secrets: SecretStore = new SecretStore();
  readonly deadlines: DeadlineQueue<Association> = new DeadlineQueue();
  readonly sessions: SessionCache;
  /** Undefined without a secret. */
  readonly tickets: TicketAuthority | undefined;
  isSealedForEver = false;
  /** Write sequence numbers start here at least. */
  minimumSequence = 0;

  constructor(config: EndpointConfig, sink: EndpointSink) {
    this.config = config;
    this.sink = sink;
    this.residents = new Residents(config.limits);
    const { crypto, entropy, resumption } = config;
    const { ticketSecret, maxSessions, lifetimeMs } = resumption;
    this.sessions = new SessionCache(maxSessions, lifetimeMs);
    this.tickets = ticketSecret && new TicketAuthority(crypto, entropy, ticketSecret, lifetimeMs);
    const seed = new Uint8Array(4);
    config.entropy.fill(seed);
    this.byAddress = new AddressTable(new DataView(seed.buffer).getInt32(0));
  }

  wallTime(now: number): number {
    return now + this.config.wallClockOffset;
  }

  /** A new association in its handshake, not yet in any table. */
  startAssociation(role: "client" | "server", path: Path, now: number): Association {
    const association = new Association(role, path, this.config.mtu, now);
    this.counters.handshakes += 1;
    this.counters.handshakesStarted += 1;
    if (role === "server") this.serverHandshakes.add(association);
    this.byAddress.add(association);
    return association;
  }

  /** Gives the association an own CID that no other one has; false when none is left. */
  assignConnectionId(association: Association): boolean {
    const length = this.config.connectionIdLength ?? 0;
    if (length === 0) return true;
    for (let attempt = 0; attempt < MAX_CID_ATTEMPTS; attempt += 1) {
      const cid = new Uint8Array(length);
      this.config.fillConnectionId(cid);
      if (this.byCid.find(cid, 0, length) !== undefined) continue;
      association.readConnectionId = cid;
      this.byCid.add(association);
      return true;
    }
    return false;
  }

  /** Gives a CID back that the peer did not agree to. */
  withdrawConnectionId(association: Association): void {
    this.byCid.remove(association);
    association.readConnectionId = undefined;
  }

  /** The newest association of this address in this role that is still in its handshake. */
  findHandshake(role: "client" | "server", address: string, port: number): Association | undefined {
    let row = this.byAddress.first(address, port);
    while (row !== undefined && (row.role !== role || row.exchange === undefined)) {
      row = this.byAddress.after(row);
    }
    return row;
  }

  /** Moves an association to another path, in the address table too. */
  setPath(association: Association, path: Path): void {
    const old = association.path;
    if (old.address === path.address && old.port === path.port) {
      association.path = path;
      return;
    }
    this.byAddress.remove(association);
    association.path = path;
    this.byAddress.add(association);
  }

  /** Has the path follow the router of the latest datagram of a handshake. */
  followRouter(association: Association, via: SocketAddress | undefined): void {
    const { path } = association;
    if (isSameRouter(path.via, via)) return;
    association.path = { address: path.address, port: path.port, via };
  }

  transmit(datagram: Uint8Array, path: Path): void {
    if (this.isSealedForEver) return;
    this.counters.datagramsSent += 1;
    this.sink.transmit(datagram, path);
  }

  event(event: EndpointEvent, now: number): void {
    this.sink.event(event, now);
  }

  /** Queues the association for the earlier one of its exchange's deadlines. */
  schedule(association: Association): void {
    const { exchange } = association;
    if (exchange === undefined) return;
    this.deadlines.set(association, Math.min(exchange.retransmitAt, exchange.expiresAt));
  }

  /** Sends an alert under the association's keys, or in the clear while there are none. */
  sendAlert(association: Association, level: 1 | 2, description: number): void {
    const alert = encodeAlert(level, description);
    // Records are protected from the own ChangeCipherSpec on.
    const { exchange } = association;
    const isProtected =
      exchange === undefined || exchange.flight.some(({ kind }) => kind === "change-cipher-spec");
    if (association.sealer !== undefined && isProtected) {
      const datagram = association.sealer.sealDatagram(ContentType.alert, alert);
      if (datagram === undefined) return;
      this.counters.recordsSealed += 1;
      association.isDirty = true;
      this.transmit(datagram, association.path);
      return;
    }
    const writer = association.exchange?.plainWriter ?? new PlainRecordWriter();
    const datagram = new Uint8Array(writer.overhead + alert.length);
    writer.write(ContentType.alert, alert, 0, alert.length, datagram, 0);
    this.transmit(datagram, association.path);
  }

  /** Ends an association with the alert that belongs to the error. */
  fail(association: Association, error: DtlsError, now: number): void {
    if (isOver(association)) return;
    const alert = alertFor(error);
    if (alert !== undefined) this.sendAlert(association, AlertLevel.fatal, alert);
    this.forget(association, { kind: "failed", error }, now);
  }

  /** Ends an association because a limit of its keys is reached. */
  closeAtLimit(
    association: Association,
    limit: "sequence-number" | "forgeries",
    now: number,
  ): void {
    this.sendAlert(association, AlertLevel.warning, AlertDescription.closeNotify);
    this.forget(association, { kind: "limit-reached", limit }, now);
  }

  /** Makes place for an association whose handshake is complete. @returns false when there is none. */
  makePlaceFor(association: Association, now: number): boolean {
    if (association.role === "client") return true;
    for (;;) {
      const { connections } = this.counters;
      const displaced = this.residents.displacedBy(association, connections, now);
      if (displaced === undefined) return true;
      if (displaced === "full") return false;
      this.counters.connectionsEvicted += 1;
      this.sendAlert(displaced, AlertLevel.warning, AlertDescription.closeNotify);
      this.forget(displaced, { kind: "evicted" }, now);
    }
  }

  /** Takes an association out of everything, destroys its keys and tells the owner why. */
  forget(association: Association, reason: CloseReason, now: number): void {
    if (isOver(association)) return;
    if (association.phase === "connected") {
      this.counters.connections -= 1;
      this.residents.remove(association);
    } else {
      this.counters.handshakes -= 1;
      this.counters.handshakesFailed += 1;
      this.serverHandshakes.delete(association);
    }
    // RFC 5246 section 7.2.2: after a fatal alert nobody resumes the session.
    const isFatal = reason.kind === "failed" || reason.kind === "limit-reached";
    if (isFatal && association.sessionKey !== "") this.sessions.remove(association.sessionKey);
    association.phase = reason.kind === "exported" ? "exported" : "closed";
    this.byAddress.remove(association);
    this.byCid.remove(association);
    this.deadlines.cancel(association);
    association.exchange = undefined;
    association.lastFlight = undefined;
    association.pathCheck = undefined;
    association.sealer?.destroy();
    association.opener?.destroy();
    if (association.secretSlot >= 0) this.secrets.release(association.secretSlot);
    association.secretSlot = -1;
    this.event({ type: "closed", connection: association, reason }, now);
  }
}

/** Whether the association has left the endpoint. */
export function isOver(association: Association): boolean {
  return association.phase === "closed" || association.phase === "exported";
}

export function isSameRouter(a: SocketAddress | undefined, b: SocketAddress | undefined): boolean {
  if (a === b) return true;
  return a !== undefined && b !== undefined && a.port === b.port && a.address === b.address;
}
