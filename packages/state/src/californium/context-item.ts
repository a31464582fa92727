import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { CaliforniumStateError } from "./errors.ts";
import { bitLength } from "./replay-bits.ts";
import { type CaliforniumSession, decodeSession, encodeSession } from "./session-item.ts";
import { savedSuite } from "./suites.ts";
import { type CaliforniumKeys, decodeKeys, encodeKeys } from "./traffic-keys.ts";

/** Versions of the DTLSContext item: 2 to 4 are of Californium 3.x, 5 is of 4.0. */
export type CaliforniumVersion = 2 | 3 | 4 | 5;

/** An established DTLS context (DTLSContext item). */
export interface CaliforniumContext {
  readonly version: CaliforniumVersion;
  /** End of the handshake, wall-clock milliseconds since 1970. */
  readonly handshakeTimeMs: number;
  readonly session: CaliforniumSession;
  /** Keys and counters; of a suite that nobody knows, the bytes as they are. */
  readonly traffic: CaliforniumTraffic | Uint8Array;
}

export interface CaliforniumTraffic {
  readonly readEpoch: number;
  /** Undefined in epoch 0. */
  readonly readKeys: CaliforniumKeys | undefined;
  readonly writeEpoch: number;
  readonly writeKeys: CaliforniumKeys | undefined;
  /** Undefined when no CID was negotiated; empty when the peer wants none in what it receives. */
  readonly writeConnectionId: Uint8Array | undefined;
  readonly nextWriteSequence: number;
  readonly windowLower: number;
  /** 64 bits; bit i: record `windowLower + i` was received. */
  readonly windowBits: bigint;
  readonly macErrors: number;
  /** Uses the CID of a draft of RFC 9146; saved in versions 3 and 4 only. */
  readonly usesDeprecatedCid: boolean;
  /** Largest application data in one record, bytes; not saved in version 2. */
  readonly maxMessageSize: number | undefined;
  /** Of the hellos, 32 bytes each; saved from version 4 on, and only for exporters of keys. */
  readonly randoms: { readonly client: Uint8Array; readonly server: Uint8Array } | undefined;
}

const SEQUENCE_VERSION = 1;

export function decodeContext(reader: ByteReader): CaliforniumContext {
  const item = reader.item([2, 3, 4, 5], 2, "DTLSContext");
  const { content } = item;
  const version = item.version as CaliforniumVersion;
  const handshakeTimeMs = content.amount64("handshake time");
  const session = decodeSession(content);
  const isKnown = savedSuite(session.cipherSuite) !== undefined;
  const traffic = isKnown
    ? decodeTraffic(content, version, session.cipherSuite)
    : content.rest("keys");
  content.finish("DTLSContext");
  return { version, handshakeTimeMs, session, traffic };
}

function decodeTraffic(content: ByteReader, version: number, suiteId: number): CaliforniumTraffic {
  const suite = savedSuite(suiteId) ?? content.fail("the suite is unknown", "cipher suite");
  const readEpoch = content.uint(1, "read epoch");
  const readKeys = readEpoch > 0 ? decodeKeys(content, suite, "read keys") : undefined;
  const writeEpoch = content.uintUpTo(1, 1, "write epoch");
  const writeKeys = writeEpoch > 0 ? decodeKeys(content, suite, "write keys") : undefined;
  const writeConnectionId = content.optionalVar(1, "write CID");
  const numbers = decodeSequenceNumbers(content);
  return {
    readEpoch,
    readKeys,
    writeEpoch,
    writeKeys,
    writeConnectionId,
    ...numbers,
    usesDeprecatedCid: version === 3 || version === 4 ? content.flag("deprecated CID") : false,
    maxMessageSize: version > 2 ? content.uint(2, "max message size") : undefined,
    randoms: version > 3 && content.flag("support of export") ? decodeRandoms(content) : undefined,
  };
}

type SequenceNumbers = Pick<
  CaliforniumTraffic,
  "nextWriteSequence" | "windowLower" | "windowBits" | "macErrors"
>;

function decodeSequenceNumbers(content: ByteReader): SequenceNumbers {
  const numbers = content.item([SEQUENCE_VERSION], 1, "sequence numbers").content;
  const nextWriteSequence = numbers.uint(6, "next write sequence number");
  const windowAt = numbers.offset;
  const windowLower = numbers.uint(6, "receive window, lower boundary");
  const windowBits = numbers.uint64("receive window");
  if (windowLower + bitLength(windowBits) > 2 ** 48) {
    numbers.failAt(windowAt, "it is beyond the last sequence number", "receive window");
  }
  const macErrors = numbers.amount64("MAC errors");
  numbers.finish("sequence numbers");
  return { nextWriteSequence, windowLower, windowBits, macErrors };
}

function decodeRandoms(content: ByteReader): { client: Uint8Array; server: Uint8Array } {
  const client = content.var(1, "client random", 32, 32);
  return { client, server: content.var(1, "server random", 32, 32) };
}

/** @throws CaliforniumStateError when the version cannot hold it */
export function encodeContext(writer: ByteWriter, context: CaliforniumContext): void {
  const { version, traffic } = context;
  writer.item(version, 2, () => {
    writer.int64(BigInt(context.handshakeTimeMs));
    encodeSession(writer, context.session);
    if (traffic instanceof Uint8Array) writer.bytes(traffic);
    else encodeTraffic(writer, version, traffic);
  });
}

function encodeTraffic(writer: ByteWriter, version: number, traffic: CaliforniumTraffic): void {
  encodeDirection(writer, traffic.readEpoch, traffic.readKeys);
  encodeDirection(writer, traffic.writeEpoch, traffic.writeKeys);
  writer.var(traffic.writeConnectionId, 1);
  writer.item(SEQUENCE_VERSION, 1, () => {
    writer.uint(traffic.nextWriteSequence, 6);
    writer.uint(traffic.windowLower, 6);
    writer.int64(traffic.windowBits);
    writer.int64(BigInt(traffic.macErrors));
  });
  if (version === 3 || version === 4) writer.flag(traffic.usesDeprecatedCid);
  else if (traffic.usesDeprecatedCid) {
    throw usage(`version ${version} cannot say that the CID is a draft's`);
  }
  if (version > 2) writer.uint(traffic.maxMessageSize ?? 0, 2);
  if (version < 4) return;
  writer.flag(traffic.randoms !== undefined);
  if (traffic.randoms === undefined) return;
  writer.var(traffic.randoms.client, 1);
  writer.var(traffic.randoms.server, 1);
}

function encodeDirection(
  writer: ByteWriter,
  epoch: number,
  keys: CaliforniumKeys | undefined,
): void {
  if (epoch > 0 !== (keys !== undefined)) throw usage("keys are there from epoch 1 on only");
  writer.uint(epoch, 1);
  if (keys !== undefined) encodeKeys(writer, keys);
}

function usage(text: string): CaliforniumStateError {
  return new CaliforniumStateError("CALIFORNIUM_USAGE", text);
}
