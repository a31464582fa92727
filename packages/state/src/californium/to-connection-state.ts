import type { ConnectionState, SocketAddress } from "@dtls-cluster/dtls";
import { unpackAddress } from "../address.ts";
import type { CaliforniumAddress } from "./address-item.ts";
import type { CaliforniumConnection } from "./connection-item.ts";
import type { CaliforniumTraffic } from "./context-item.ts";
import { standInMasterSecret, unknownRandom } from "./missing-secrets.ts";
import { identityOf } from "./peer-identity.ts";
import { payloadLimit, recordOverhead } from "./record-overhead.ts";
import { windowFromNewest } from "./replay-bits.ts";
import type { CaliforniumSession } from "./session-item.ts";
import { savedSuite, suiteText } from "./suites.ts";
import type { CaliforniumKeys } from "./traffic-keys.ts";

export interface TakeOptions {
  /** The role of this side: it is not saved. */
  readonly role: "client" | "server";
  /** Milliseconds since the last message. */
  readonly idleMs: number;
  /** IANA numbers of the suites that the engine has. */
  readonly suites: readonly number[];
  /** Largest UDP payload, for connections that were saved without a limit. */
  readonly mtu: number;
}

type AeadKeys = Extract<CaliforniumKeys, { protection: "aead" }>;

const MIN_MTU = 256;
const MAX_MTU = 65_507;

/** The state to go on with, or every reason why that is not possible. */
export function toConnectionState(
  connection: CaliforniumConnection,
  options: TakeOptions,
): ConnectionState | readonly string[] {
  const reasons: string[] = [];
  const { session, traffic } = connection.context;
  if (!options.suites.includes(session.cipherSuite)) {
    reasons.push(`suite ${suiteText(session.cipherSuite)} is not supported`);
  }
  const suite = savedSuite(session.cipherSuite);
  const identity = identityOf(session.peerIdentity, suite, options.role, reasons);
  const peer = peerOf(connection.peer, reasons);
  if (session.compression !== 0) reasons.push("compression is not supported");
  if (traffic instanceof Uint8Array) return reasons;
  const [readKeys, writeKeys] = keysOf(traffic, reasons);
  if (traffic.usesDeprecatedCid) reasons.push("the CID of a draft of RFC 9146 is not supported");
  const mtu = mtuOf(session, traffic, options.mtu, reasons);
  if (reasons.length > 0 || !identity || !peer || !readKeys || !writeKeys) return reasons;
  const isServer = options.role === "server";
  const clientWriteKey = (isServer ? readKeys : writeKeys).encryptionKey.bytes;
  const serverWriteKey = (isServer ? writeKeys : readKeys).encryptionKey.bytes;
  const window = windowFromNewest({ lower: traffic.windowLower, bits: traffic.windowBits });
  return {
    role: options.role,
    cipherSuite: session.cipherSuite,
    extendedMasterSecret: session.extendedMasterSecret,
    masterSecret:
      session.masterSecret?.bytes ?? standInMasterSecret(clientWriteKey, serverWriteKey),
    // The random of the starting ClientHello is not taken: it is saved for two minutes only, and an endpoint
    // recognises an older copy of a session by randoms that stay the same.
    clientRandom: traffic.randoms?.client ?? unknownRandom(),
    serverRandom: traffic.randoms?.server ?? unknownRandom(),
    sessionId: session.sessionId,
    clientWriteKey,
    serverWriteKey,
    clientWriteIv: (isServer ? readKeys : writeKeys).iv,
    serverWriteIv: (isServer ? writeKeys : readKeys).iv,
    readConnectionId: connection.isConnectionIdUsed ? orNone(connection.connectionId) : undefined,
    writeConnectionId: orNone(traffic.writeConnectionId),
    peer,
    ...identity,
    writeEpoch: traffic.writeEpoch,
    nextWriteSequence: traffic.nextWriteSequence,
    readEpoch: traffic.readEpoch,
    newestReadSequence: window.newest,
    replayWindow: window.words,
    forgeries: traffic.macErrors,
    establishedAt: connection.context.handshakeTimeMs,
    idleMs: options.idleMs,
    mtu,
  };
}

function peerOf(
  address: CaliforniumAddress | undefined,
  reasons: string[],
): SocketAddress | undefined {
  if (address === undefined) {
    reasons.push("no address of the peer is saved");
    return undefined;
  }
  if ("hostName" in address) {
    reasons.push(`the peer's address is the host name ${JSON.stringify(address.hostName)}`);
    return undefined;
  }
  if (address.port === 0) reasons.push("the peer's port is 0");
  const text = unpackAddress(address.octets) ?? "";
  const mapped = "::ffff:";
  return {
    address: text.startsWith(mapped) && text.includes(".") ? text.slice(mapped.length) : text,
    port: address.port,
  };
}

function keysOf(
  traffic: CaliforniumTraffic,
  reasons: string[],
): readonly [AeadKeys | undefined, AeadKeys | undefined] {
  const { readEpoch, writeEpoch, readKeys, writeKeys } = traffic;
  if (readEpoch !== 1 || writeEpoch !== 1) {
    reasons.push(`read epoch ${readEpoch} and write epoch ${writeEpoch} instead of 1`);
  }
  return [aeadOnly(readKeys), aeadOnly(writeKeys)];
}

/** The reason for those of CBC is the suite. */
function aeadOnly(keys: CaliforniumKeys | undefined): AeadKeys | undefined {
  return keys?.protection === "aead" ? keys : undefined;
}

function mtuOf(
  session: CaliforniumSession,
  traffic: CaliforniumTraffic,
  defaultMtu: number,
  reasons: string[],
): number {
  const tagLength = savedSuite(session.cipherSuite)?.tagLength ?? 0;
  const overhead = recordOverhead(tagLength, traffic.writeConnectionId);
  const limit = payloadLimit(session, traffic.writeConnectionId);
  const payload = traffic.maxMessageSize || defaultMtu - overhead;
  const mtu = Math.min(payload, limit) + overhead;
  if (mtu < MIN_MTU) reasons.push(`records of at most ${mtu} bytes are not supported`);
  return Math.min(mtu, MAX_MTU);
}

function orNone(connectionId: Uint8Array | undefined): Uint8Array | undefined {
  return connectionId?.length === 0 ? undefined : connectionId;
}
