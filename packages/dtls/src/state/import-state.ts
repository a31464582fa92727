import { Association } from "../association.ts";
import { copyBytes } from "../copy-bytes.ts";
import type { CipherSuite } from "../crypto/cipher-suites.ts";
import { cipherSuiteById } from "../crypto/cipher-suites.ts";
import { withLimits } from "../endpoint-config.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import { DtlsUsageError } from "../errors.ts";
import { installSession } from "../handshake/session.ts";
import { ReplayWindow } from "../protection/replay-window.ts";
import { maximumSequence } from "../record/record-header.ts";
import type { ConnectionState } from "./connection-state.ts";

/** Handed-over connections use blocks of this many sequence numbers, one for each holder in turn. */
const SEQUENCE_BLOCK = 2 ** 32;

/**
 * Takes a connection over from its exported state. An older association with the same Connection ID, or
 * without one at the same address in the same role, is replaced.
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
  association.pskIdentity = state.pskIdentity;
  association.forgeries = state.forgeries;
  association.establishedAt = state.establishedAt;
  const [low, high] = state.replayWindow;
  installSession(core, association, suite, state, state.extendedMasterSecret, {
    writeEpoch: state.writeEpoch,
    nextWriteSequence: Math.max(state.nextWriteSequence, core.minimumSequence),
    sealed: state.sealedRecords ?? state.nextWriteSequence % SEQUENCE_BLOCK,
    readEpoch: state.readEpoch,
    window: new ReplayWindow(state.newestReadSequence, low, high),
  });
  replaceOlderCopy(core, association, now);
  association.phase = "connected";
  association.isDirty = true;
  core.counters.connections += 1;
  core.byAddress.add(association);
  core.byCid.add(association);
  return association;
}

function replaceOlderCopy(core: EndpointCore, association: Association, now: number): void {
  const cid = association.readConnectionId;
  if (cid !== undefined) {
    const older = core.byCid.find(cid, 0, cid.length);
    if (older !== undefined) core.forget(older, { kind: "replaced" }, now);
    return;
  }
  const { address, port } = association.path;
  let row = core.byAddress.first(address, port);
  while (row !== undefined) {
    const next = core.byAddress.after(row);
    const isSame = row.readConnectionId === undefined && row.role === association.role;
    if (isSame && row.phase === "connected") core.forget(row, { kind: "replaced" }, now);
    row = next;
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
  return withLimits(suite, core.config.limits);
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
