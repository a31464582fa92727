import type { ConnectionState, Entropy } from "@dtls-cluster/dtls";
import { packAddress } from "../address.ts";
import { utf8Text } from "../utf8.ts";
import type { CaliforniumConnection } from "./connection-item.ts";
import type { CaliforniumContext, CaliforniumTraffic } from "./context-item.ts";
import { isStandIn, isUnknownRandom } from "./missing-secrets.ts";
import { certificateTypeOf, principalOf } from "./peer-identity.ts";
import { NO_RECORD_SIZE_LIMIT, payloadLimit, recordOverhead } from "./record-overhead.ts";
import { windowFromLower } from "./replay-bits.ts";
import type { CaliforniumSession } from "./session-item.ts";
import { fixedIvLength, savedSuite, suiteText } from "./suites.ts";
import type { CaliforniumKeys } from "./traffic-keys.ts";

export interface GiveOptions {
  /** Of the DTLSContext item. */
  readonly version: 4 | 5;
  /** On the clock of the stream's time mark. */
  readonly nowNanos: bigint;
  readonly entropy: Entropy;
}

/**
 * Longer than any CID in use, so that it is never one: Californium's store numbers connections without a CID in the
 * same table.
 */
const INTERNAL_ID_LENGTH = 9;
const DEFAULT_FRAGMENT_LENGTH = 0x4000;
const MAX_ITEM_PART = 65_534;
/** Californium drops datagrams from this sequence number on, on both sides of a connection. */
const UNHEARD_SEQUENCE = 2 ** 40;

/** The connection as Californium saves one, or every reason why it cannot be written. */
export function fromConnectionState(
  state: ConnectionState,
  options: GiveOptions,
): CaliforniumConnection | readonly string[] {
  const reasons = reasonsAgainst(state);
  const octets = octetsOf(state.peer.address);
  if (octets === undefined) reasons.push(`the address ${state.peer.address} cannot be written`);
  if (reasons.length > 0 || octets === undefined) return reasons;
  const idleNanos =
    BigInt(Math.round(Math.min(state.idleMs, Number.MAX_SAFE_INTEGER))) * 1_000_000n;
  return {
    resumptionRequired: false,
    lastMessageNanos: idleNanos > options.nowNanos ? 0n : options.nowNanos - idleNanos,
    connectionId: state.readConnectionId ?? internalId(options.entropy),
    peer: { port: state.peer.port, octets },
    startingHello: undefined,
    context: contextOf(state, options.version),
    isConnectionIdUsed: state.readConnectionId !== undefined,
    isDoublePrincipal: false,
  };
}

function reasonsAgainst(state: ConnectionState): string[] {
  const reasons: string[] = [];
  const suite = savedSuite(state.cipherSuite);
  if (suite?.protection !== "aead") {
    reasons.push(`suite ${suiteText(state.cipherSuite)} cannot be written`);
  }
  const keyLength = suite?.keyLength;
  const hasKeys =
    state.clientWriteKey.length === keyLength &&
    state.serverWriteKey.length === keyLength &&
    state.clientWriteIv.length === fixedIvLength &&
    state.serverWriteIv.length === fixedIvLength;
  if (suite !== undefined && !hasKeys) reasons.push("the keys do not fit the suite");
  if (state.writeEpoch !== 1 || state.readEpoch !== 1) {
    reasons.push(`read epoch ${state.readEpoch} and write epoch ${state.writeEpoch} instead of 1`);
  }
  if (state.nextWriteSequence >= 2 ** 48) reasons.push("its sequence numbers are used up");
  else if (state.nextWriteSequence >= UNHEARD_SEQUENCE) {
    reasons.push("its sequence numbers are beyond what Californium's peers listen to (2^40)");
  }
  if (state.pskIdentity.length > MAX_ITEM_PART - 1024) {
    reasons.push(`an identity of ${state.pskIdentity.length} bytes cannot be written`);
  }
  if (utf8Text(state.pskIdentity) === undefined) {
    reasons.push("an identity that is not UTF-8 cannot be written");
  }
  const longestCid = Math.max(
    state.readConnectionId?.length ?? 0,
    state.writeConnectionId?.length ?? 0,
  );
  if (longestCid > 254) reasons.push("a CID of 255 bytes cannot be written");
  return reasons;
}

/** 4 or 16 octets; undefined for an address with a scope, which has no place in the format. */
function octetsOf(address: string): Uint8Array | undefined {
  const packed = packAddress(address);
  if (typeof packed === "string") return undefined;
  const isMapped =
    packed.length === 16 &&
    packed.subarray(0, 10).every((octet) => octet === 0) &&
    packed[10] === 0xff &&
    packed[11] === 0xff;
  return isMapped ? packed.slice(12) : packed;
}

function internalId(entropy: Entropy): Uint8Array {
  const id = new Uint8Array(INTERNAL_ID_LENGTH);
  entropy.fill(id);
  return id;
}

function contextOf(state: ConnectionState, version: 4 | 5): CaliforniumContext {
  const handshakeTimeMs = Math.max(0, Math.round(state.establishedAt));
  const traffic = trafficOf(state);
  return { version, handshakeTimeMs, session: sessionOf(state, handshakeTimeMs), traffic };
}

function trafficOf(state: ConnectionState): CaliforniumTraffic {
  const isServer = state.role === "server";
  const ofClient = keysOf(state.clientWriteKey, state.clientWriteIv);
  const ofServer = keysOf(state.serverWriteKey, state.serverWriteIv);
  const { newestReadSequence: newest, replayWindow: words } = state;
  const window = windowFromLower({ newest, words });
  const tagLength = savedSuite(state.cipherSuite)?.tagLength ?? 0;
  const hasRandoms = !isUnknownRandom(state.clientRandom) && !isUnknownRandom(state.serverRandom);
  // The format tells "none negotiated" from an empty one, this state does not: a read CID shows that they were.
  const withoutCid = state.readConnectionId === undefined ? undefined : new Uint8Array(0);
  const overhead = recordOverhead(tagLength, state.writeConnectionId);
  const payload = Math.min(
    state.mtu - overhead,
    payloadLimit(sessionLimits(state), state.writeConnectionId),
  );
  return {
    readEpoch: state.readEpoch,
    readKeys: isServer ? ofClient : ofServer,
    writeEpoch: state.writeEpoch,
    writeKeys: isServer ? ofServer : ofClient,
    writeConnectionId: state.writeConnectionId ?? withoutCid,
    nextWriteSequence: state.nextWriteSequence,
    windowLower: window.lower,
    windowBits: window.bits,
    macErrors: state.forgeries,
    usesDeprecatedCid: false,
    maxMessageSize: Math.max(1, Math.min(payload, DEFAULT_FRAGMENT_LENGTH)),
    randoms: hasRandoms ? { client: state.clientRandom, server: state.serverRandom } : undefined,
  };
}

function keysOf(key: Uint8Array, iv: Uint8Array): CaliforniumKeys {
  return { protection: "aead", encryptionKey: { bytes: key, algorithm: "AES" }, iv };
}

/** Both extensions come to one limit of what the peer takes; what this side takes is not saved. */
function sessionLimits(
  state: ConnectionState,
): Pick<CaliforniumSession, "recordSizeLimit" | "maxFragmentLength"> {
  const recordSizeLimit = state.maxSentPlaintext ?? NO_RECORD_SIZE_LIMIT;
  return { recordSizeLimit, maxFragmentLength: DEFAULT_FRAGMENT_LENGTH };
}

function sessionOf(state: ConnectionState, creationTimeMs: number): CaliforniumSession {
  return {
    version: 3,
    creationTimeMs,
    serverNames: undefined,
    ...sessionLimits(state),
    sessionId: state.sessionId,
    cipherSuite: state.cipherSuite,
    compression: 0,
    sendCertificateType: certificateTypeOf(state),
    receiveCertificateType: certificateTypeOf(state),
    secureRenegotiation: true,
    extendedMasterSecret: state.extendedMasterSecret,
    masterSecret: hasMasterSecret(state)
      ? { bytes: state.masterSecret, algorithm: "MAC" }
      : undefined,
    signatureAlgorithm: undefined,
    group: undefined,
    peerIdentity: principalOf(state, savedSuite(state.cipherSuite)),
  };
}

/** Californium keeps it for sessions that it can resume, and those have an id. */
function hasMasterSecret(state: ConnectionState): boolean {
  const { masterSecret, clientWriteKey, serverWriteKey } = state;
  return state.sessionId.length > 0 && !isStandIn(masterSecret, clientWriteKey, serverWriteKey);
}
