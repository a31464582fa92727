import { Association } from "../association.ts";
import { copyBytes } from "../copy-bytes.ts";
import type { CipherSuite } from "../crypto/cipher-suites.ts";
import { cipherSuiteById } from "../crypto/cipher-suites.ts";
import { withLimits } from "../endpoint-config.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import { DtlsUsageError } from "../errors.ts";
import { MIN_RECORD_SIZE_LIMIT } from "../handshake/extensions/record-sizes.ts";
import type { FlightItem } from "../handshake/flight.ts";
import { MessageType } from "../handshake/message-type.ts";
import { installSession, type SessionPosition } from "../handshake/session.ts";
import { longestPlaintext } from "../protection/opened-record.ts";
import { PlainRecordWriter } from "../protection/record-writer.ts";
import { ReplayWindow } from "../protection/replay-window.ts";
import { maximumPlaintextLength, maximumSequence } from "../record/record-header.ts";
import type { ConnectionState } from "./connection-state.ts";
import { hasClientRandom, hasMasterSecret } from "./session-secrets.ts";

/** Handed-over connections use blocks of this many sequence numbers, one for each holder in turn. */
const SEQUENCE_BLOCK = 2 ** 26;

/**
 * Takes a connection over from its exported state. An older association with the same Connection ID, or
 * without one at the same address in the same role, is replaced; if it is of the same session and ahead of the state,
 * its sequence numbers and replay window go on.
 * @throws DtlsUsageError naming the field that is not acceptable; nothing has changed then.
 */
export function importState(core: EndpointCore, state: ConnectionState, now: number): Association {
  if (core.isSealedForEver) throw new DtlsUsageError("import: the endpoint is sealed for ever");
  const suite = checkState(core, state);
  const { address, port } = state.peer;
  const association = new Association(
    state.role,
    { address, port, via: undefined },
    state.mtu,
    now - state.idleMs,
  );
  association.readConnectionId = copyOrNone(state.readConnectionId);
  association.writeConnectionId = copyOrNone(state.writeConnectionId);
  if (state.maxSentPlaintext !== undefined) association.maxSentPlaintext = state.maxSentPlaintext;
  association.maxReceivedPlaintext = state.maxReceivedPlaintext ?? longestPlaintext;
  association.pskIdentity = state.pskIdentity;
  association.peerCertificate = state.peerCertificate && {
    type: state.peerCertificate.type,
    chain: state.peerCertificate.chain.map(copyBytes),
  };
  association.checksPath = state.checksPath === true;
  association.forgeries = state.forgeries;
  association.establishedAt = state.establishedAt;
  const position = positionOf(state);
  const older = findOlderCopy(core, association);
  if (older !== undefined) {
    if (isSameSession(core, older, state)) goOnBehind(older, position, association);
    core.forget(older, { kind: "replaced" }, now);
  }
  position.nextWriteSequence = Math.max(position.nextWriteSequence, core.minimumSequence);
  installSession(core, association, suite, state, state.extendedMasterSecret, position);
  association.phase = "connected";
  association.isDirty = true;
  core.counters.connections += 1;
  core.residents.add(association);
  core.byAddress.add(association);
  core.byCid.add(association);
  keepUnconfirmedFlight(core, association, state, now);
  return association;
}

/**
 * Brings a copy that was imported before, and was not used since, up to a later state of the same session: what a
 * handover sends again of connections that are in use, at a small part of the cost of an import.
 * @returns false when the state is of another session, or the copy is gone; nothing has changed then.
 * @throws DtlsUsageError as {@link importState}
 */
export function refreshState(
  core: EndpointCore,
  association: Association,
  state: ConnectionState,
  now: number,
): boolean {
  if (core.isSealedForEver) throw new DtlsUsageError("refresh: the endpoint is sealed for ever");
  const { sealer, opener } = association;
  if (association.phase !== "connected" || sealer === undefined || opener === undefined) {
    return false;
  }
  checkState(core, state);
  if (!isSameSession(core, association, state)) return false;
  const { nextWriteSequence, sealed, window } = positionOf(state);
  if (window.newest >= opener.window.newest) {
    const { address, port } = state.peer;
    core.setPath(association, { address, port, via: undefined });
    association.lastReceivedAt = Math.max(association.lastReceivedAt, now - state.idleMs);
  }
  sealer.advanceTo(nextWriteSequence);
  sealer.countSealed(sealed);
  mergeWindow(window, opener.window);
  association.forgeries = Math.max(association.forgeries, state.forgeries);
  association.mtu = state.mtu;
  association.isDirty = true;
  if (state.unconfirmedFlight === undefined && association.lastFlight !== undefined) {
    association.lastFlight = undefined;
    core.deadlines.cancel(association);
  }
  return true;
}

function keepUnconfirmedFlight(
  core: EndpointCore,
  association: Association,
  { unconfirmedFlight }: ConnectionState,
  now: number,
): void {
  if (unconfirmedFlight === undefined) return;
  const { messageSequence, verifyData, nextPlainSequence, newSessionTicket } = unconfirmedFlight;
  const items: FlightItem[] = [];
  if (newSessionTicket !== undefined) {
    const type = MessageType.newSessionTicket;
    const ticket = {
      type,
      messageSequence: messageSequence - 1,
      body: copyBytes(newSessionTicket),
    };
    items.push({ kind: "message", epoch: 0, message: ticket });
  }
  const message = { type: MessageType.finished, messageSequence, body: copyBytes(verifyData) };
  association.lastFlight = {
    items: [...items, { kind: "change-cipher-spec" }, { kind: "message", epoch: 1, message }],
    plainWriter: new PlainRecordWriter(nextPlainSequence),
  };
  core.deadlines.set(association, now + core.config.limits.handshakeLifetimeMs);
}

type Position = { -readonly [K in keyof SessionPosition]: SessionPosition[K] };

function positionOf(state: ConnectionState): Position {
  const [low, high] = state.replayWindow;
  return {
    writeEpoch: state.writeEpoch,
    nextWriteSequence: state.nextWriteSequence,
    sealed: state.sealedRecords ?? state.nextWriteSequence % SEQUENCE_BLOCK,
    readEpoch: state.readEpoch,
    window: new ReplayWindow(state.newestReadSequence, low, high),
  };
}

function findOlderCopy(core: EndpointCore, association: Association): Association | undefined {
  const cid = association.readConnectionId;
  if (cid !== undefined) return core.byCid.find(cid, 0, cid.length);
  const { address, port } = association.path;
  let row = core.byAddress.first(address, port);
  while (row !== undefined) {
    const isSame = row.readConnectionId === undefined && row.role === association.role;
    if (isSame && row.phase === "connected") return row;
    row = core.byAddress.after(row);
  }
  return undefined;
}

function isSameSession(core: EndpointCore, older: Association, state: ConnectionState): boolean {
  if (older.secretSlot < 0) return false;
  const packed = core.secrets.view(older.secretSlot);
  return hasClientRandom(packed, state.clientRandom) && hasMasterSecret(packed, state.masterSecret);
}

/**
 * The copy that is here may be ahead of the state that comes in, if one state is restored twice: no nonce may be used
 * again and no record delivered again.
 */
function goOnBehind(older: Association, position: Position, association: Association): void {
  const { sealer, opener } = older;
  if (sealer === undefined || opener === undefined) return;
  position.nextWriteSequence = Math.max(position.nextWriteSequence, sealer.nextSequence);
  position.sealed = Math.max(position.sealed, sealer.sealed);
  association.forgeries = Math.max(association.forgeries, older.forgeries);
  if (opener.window.newest > position.window.newest) {
    association.path = older.path;
    association.lastReceivedAt = older.lastReceivedAt;
  }
  mergeWindow(opener.window, position.window);
}

/** What one window has received counts as received in the other one, too. */
function mergeWindow({ newest, low, high }: ReplayWindow, into: ReplayWindow): void {
  for (let age = 63; age >= 0; age -= 1) {
    const word = age < 32 ? low : high;
    if (((word >>> (age & 31)) & 1) === 1) into.update(newest - age);
  }
}

function checkState(core: EndpointCore, state: ConnectionState): CipherSuite {
  const suite = cipherSuiteById(state.cipherSuite);
  if (suite === undefined) throw invalid("cipherSuite", state.cipherSuite, "a supported suite");
  if (state.role !== "client" && state.role !== "server") {
    throw invalid("role", state.role, "client or server");
  }
  bytes("masterSecret", state.masterSecret, 48, 48);
  bytes("clientRandom", state.clientRandom, 32, 32);
  bytes("serverRandom", state.serverRandom, 32, 32);
  bytes("sessionId", state.sessionId, 0, 32);
  bytes("clientWriteKey", state.clientWriteKey, suite.keyLength, suite.keyLength);
  bytes("serverWriteKey", state.serverWriteKey, suite.keyLength, suite.keyLength);
  bytes("clientWriteIv", state.clientWriteIv, suite.fixedIvLength, suite.fixedIvLength);
  bytes("serverWriteIv", state.serverWriteIv, suite.fixedIvLength, suite.fixedIvLength);
  checkReadConnectionId(core, state.readConnectionId);
  if (state.writeConnectionId !== undefined)
    bytes("writeConnectionId", state.writeConnectionId, 0, 255);
  bytes("pskIdentity", state.pskIdentity, 0, 65_535);
  checkPeerCertificate(state);
  if (state.peer.address === "") throw invalid("peer.address", "empty", "an IP address");
  integer("peer.port", state.peer.port, 1, 65_535);
  integer("writeEpoch", state.writeEpoch, 1, 1);
  integer("readEpoch", state.readEpoch, 1, 1);
  integer("nextWriteSequence", state.nextWriteSequence, 0, maximumSequence + 1);
  if (state.sealedRecords !== undefined) {
    integer("sealedRecords", state.sealedRecords, 0, maximumSequence + 1);
  }
  integer("newestReadSequence", state.newestReadSequence, -1, maximumSequence);
  integer("replayWindow[0]", state.replayWindow[0], 0, 0xffffffff);
  integer("replayWindow[1]", state.replayWindow[1], 0, 0xffffffff);
  integer("forgeries", state.forgeries, 0, Number.MAX_SAFE_INTEGER);
  if (!Number.isFinite(state.establishedAt)) {
    throw invalid("establishedAt", state.establishedAt, "milliseconds since 1970");
  }
  if (!Number.isFinite(state.idleMs) || state.idleMs < 0) {
    throw invalid("idleMs", state.idleMs, "milliseconds, 0 or more");
  }
  integer("mtu", state.mtu, 256, 65_507);
  plaintextLimit("maxSentPlaintext", state.maxSentPlaintext);
  plaintextLimit("maxReceivedPlaintext", state.maxReceivedPlaintext);
  const flight = state.unconfirmedFlight;
  if (flight !== undefined) {
    bytes("unconfirmedFlight.verifyData", flight.verifyData, 12, 12);
    integer("unconfirmedFlight.messageSequence", flight.messageSequence, 0, 0xffff);
    integer("unconfirmedFlight.nextPlainSequence", flight.nextPlainSequence, 0, maximumSequence);
    const ticket = flight.newSessionTicket;
    if (ticket !== undefined) {
      bytes("unconfirmedFlight.newSessionTicket", ticket, 6, 0xffff);
      integer("unconfirmedFlight.messageSequence", flight.messageSequence, 1, 0xffff);
    }
  }
  return withLimits(suite, core.config.limits);
}

/** The content of the longest record, and its type beside a CID. */
function plaintextLimit(field: string, value: number | undefined): void {
  if (value === undefined) return;
  integer(field, value, MIN_RECORD_SIZE_LIMIT, maximumPlaintextLength + 1);
}

function checkPeerCertificate({ peerCertificate }: ConnectionState): void {
  if (peerCertificate === undefined) return;
  const { type, chain } = peerCertificate;
  if (type !== "x509" && type !== "raw-public-key") {
    throw invalid("peerCertificate.type", type, "x509 or raw-public-key");
  }
  integer("peerCertificate.chain.length", chain.length, 1, 100);
  for (const der of chain) bytes("peerCertificate.chain", der, 1, 2 ** 24 - 1);
}

/** Records are demultiplexed by CIDs of one length (RFC 9146 section 3). */
function checkReadConnectionId(core: EndpointCore, cid: Uint8Array | undefined): void {
  if (cid === undefined || cid.length === 0) return;
  const length = core.config.connectionIdLength ?? 0;
  if (cid.length !== length) {
    throw invalid(
      "readConnectionId",
      `${cid.length} bytes`,
      `${length} bytes, as connectionId.length`,
    );
  }
}

function copyOrNone(cid: Uint8Array | undefined): Uint8Array | undefined {
  return cid === undefined || cid.length === 0 ? undefined : copyBytes(cid);
}

function bytes(field: string, value: Uint8Array, minimum: number, maximum: number): void {
  if (value instanceof Uint8Array && value.length >= minimum && value.length <= maximum) return;
  const accepted = minimum === maximum ? `${minimum} bytes` : `${minimum} to ${maximum} bytes`;
  throw invalid(field, `${value?.length} bytes`, accepted);
}

function integer(field: string, value: number, minimum: number, maximum: number): void {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return;
  throw invalid(field, value, `an integer from ${minimum} to ${maximum}`);
}

function invalid(field: string, value: unknown, accepted: string): DtlsUsageError {
  return new DtlsUsageError(`state.${field} is ${String(value)}, but must be ${accepted}`);
}
