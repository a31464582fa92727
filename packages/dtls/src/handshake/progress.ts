import type { Association } from "../association.ts";
import { copyBytes } from "../copy-bytes.ts";
import { type EndpointCore, isOver } from "../endpoint-core.ts";
import { DtlsError } from "../errors.ts";
import { onPathDeadline } from "../path-check.ts";
import type { RecordWriter } from "../protection/record-writer.ts";
import { hasSameBytes } from "../state/session-secrets.ts";
import type { Exchange } from "./exchange.ts";
import { type FlightItem, FlightPacker } from "./flight.ts";

/** Sends a new flight and starts its retransmission timer (RFC 6347 section 4.2.4). */
export function startFlight(
  core: EndpointCore,
  association: Association,
  items: readonly FlightItem[],
  now: number,
): void {
  const { exchange } = association;
  if (exchange === undefined) return;
  exchange.flight = items;
  exchange.retransmissions = 0;
  exchange.timeoutMs = core.config.retransmissionTimeoutMs;
  exchange.retransmitAt = now + exchange.timeoutMs;
  core.schedule(association);
  writeFlight(core, association, items, exchange.plainWriter);
}

/** Datagrams of a flight get smaller from so many retransmissions on (RFC 6347 section 4.1.1.1). */
const backOffs: readonly { readonly after: number; readonly mtu: number }[] = [
  { after: 2, mtu: 512 },
  { after: 4, mtu: 256 },
];

/**
 * Whoever hears nothing, time and again, may have sent what was too large for the path. What was learned goes for the
 * rest of the handshake. A ClientHello stays whole: servers without state take no fragments of it.
 */
function backOff(exchange: Exchange): void {
  if (exchange.state.name === "expect-server-hello") return;
  for (const { after, mtu } of backOffs) {
    if (exchange.retransmissions >= after) exchange.flightMtu = Math.min(exchange.flightMtu, mtu);
  }
}

/** Repeats the current flight in new records, because the peer repeated the flight before it. */
export function repeatFlight(core: EndpointCore, association: Association): void {
  const { exchange, lastFlight } = association;
  core.counters.flightRetransmissions += 1;
  if (exchange !== undefined) {
    writeFlight(core, association, exchange.flight, exchange.plainWriter);
  } else if (lastFlight !== undefined) {
    writeFlight(core, association, lastFlight.items, lastFlight.plainWriter);
  }
}

/** The association's deadline has come: repeat a flight, give a handshake up, or let a last flight go. */
export function onDeadline(core: EndpointCore, association: Association, now: number): void {
  const { exchange } = association;
  if (exchange === undefined) {
    const { pathCheck } = association;
    if (pathCheck === undefined) association.lastFlight = undefined;
    else onPathDeadline(core, association, pathCheck, now);
    return;
  }
  const isOut = exchange.retransmissions >= core.config.maxRetransmissions;
  if (now >= exchange.expiresAt || exchange.suspectedFailure !== undefined || isOut) {
    const error = exchange.suspectedFailure ?? refusal(association);
    core.forget(
      association,
      error === undefined ? { kind: "handshake-timeout" } : { kind: "failed", error },
      now,
    );
    return;
  }
  exchange.retransmissions += 1;
  backOff(exchange);
  exchange.timeoutMs = Math.min(exchange.timeoutMs * 2, core.config.maxRetransmissionTimeoutMs);
  exchange.retransmitAt = now + exchange.timeoutMs;
  core.schedule(association);
  repeatFlight(core, association);
}

/**
 * Both Finished are verified. Only now does the association take the place of an older one of the same
 * peer (RFC 6347 section 4.2.8): of any that could no longer be told apart from it, and of one with a
 * Connection ID when it is of the same peer: PSK identity, certificate or raw public key.
 */
export function completeHandshake(
  core: EndpointCore,
  association: Association,
  lastItems: readonly FlightItem[] | undefined,
  now: number,
): void {
  const { exchange } = association;
  if (exchange === undefined) return;
  replaceOlder(core, association, now);
  if (isOver(association)) return;
  if (!core.makePlaceFor(association, now)) {
    core.forget(association, { kind: "evicted" }, now);
    return;
  }
  if (isOver(association)) return;
  const { counters } = core;
  counters.handshakes -= 1;
  counters.handshakesCompleted += 1;
  if (association.isResumed) counters.handshakesResumed += 1;
  counters.connections += 1;
  core.serverHandshakes.delete(association);
  association.phase = "connected";
  association.establishedAt = core.wallTime(now);
  association.lastReceivedAt = now;
  association.isDirty = true;
  core.residents.add(association);
  association.exchange = undefined;
  if (lastItems === undefined) {
    core.deadlines.cancel(association);
  } else {
    const items = lastItems.map(withOwnBody);
    association.lastFlight = { items, plainWriter: exchange.plainWriter };
    core.deadlines.set(association, now + core.config.limits.handshakeLifetimeMs);
    writeFlight(core, association, lastItems, exchange.plainWriter);
  }
  if (!isOver(association)) core.event({ type: "connected", connection: association }, now);
}

/**
 * The same item with a body that cryptography has not touched: engines keep such a small array within
 * the object, and give one whose memory was handed to native code an allocation of its own for good.
 */
function withOwnBody(item: FlightItem): FlightItem {
  if (item.kind !== "message") return item;
  return { ...item, message: { ...item.message, body: copyBytes(item.message.body) } };
}

function replaceOlder(core: EndpointCore, association: Association, now: number): void {
  const { address, port } = association.path;
  const older: Association[] = [];
  for (
    let row = core.byAddress.first(address, port);
    row !== undefined;
    row = core.byAddress.after(row)
  ) {
    if (row === association || row.role !== association.role || row.phase !== "connected") continue;
    const isReachable = row.readConnectionId !== undefined && !isSamePeer(row, association);
    if (!isReachable) older.push(row);
  }
  for (const row of older) core.forget(row, { kind: "replaced" }, now);
}

/** Whether both peers proved that they are the same one. Those that proved nothing never are. */
function isSamePeer(a: Association, b: Association): boolean {
  const [one, other] = [a.peerCertificate, b.peerCertificate];
  if (one !== undefined || other !== undefined) {
    const [own, others] = [one?.chain[0], other?.chain[0]];
    return own !== undefined && others !== undefined && hasSameBytes(own, others);
  }
  const hasPsk = a.suite?.keyExchange !== "ecdhe-ecdsa" && b.suite?.keyExchange !== "ecdhe-ecdsa";
  return hasPsk && hasSameBytes(a.pskIdentity, b.pskIdentity);
}

/** What the owner of a refused identity is told when the handshake ends; the client is told nothing. */
function refusal(association: Association): DtlsError | undefined {
  if (association.exchange?.state.name !== "refused") return undefined;
  return new DtlsError("DTLS_UNKNOWN_PSK_IDENTITY", "the PSK identity was refused");
}

function writeFlight(
  core: EndpointCore,
  association: Association,
  items: readonly FlightItem[],
  plainWriter: RecordWriter,
): void {
  const { sealer } = association;
  const sealedBefore = sealer?.sealed ?? 0;
  const mtu = Math.min(association.mtu, association.exchange?.flightMtu ?? association.mtu);
  const packer = new FlightPacker(mtu, association.contentLimit, plainWriter, sealer);
  packer.add(items);
  core.counters.recordsSealed += (sealer?.sealed ?? 0) - sealedBefore;
  association.isDirty = true;
  for (const datagram of packer.finish()) core.transmit(datagram, association.path);
}
