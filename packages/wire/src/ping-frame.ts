import { type FrameDefect, FrameType } from "./frame-type.ts";

/** What a node says about its cluster in byte 5 of a ping; values above stay plain numbers. */
export const NodeState = {
  /** Fewer nodes seen than the cluster starts with. */
  start: 0,
  /** All initial nodes seen. */
  up: 1,
  /** The cluster serves. */
  initialized: 2,
} as const;
export type NodeState = (typeof NodeState)[keyof typeof NodeState];

/**
 * What only our own nodes send, behind the six bytes that every node understands:
 * marker "DC", version, length of what follows, sender's node id (4, little endian), instance (4),
 * generation (4), flags (1). A longer tail of a later version is read up to here.
 */
export interface PingTail {
  /**
   * Node id of the process that wrote the tail. Californium returns a ping's bytes in its pong with
   * its own node id in front, so the two tell an echo from a statement.
   */
  readonly senderId: number;
  /** Random number of the process, 32 bits: tells two processes with one node id apart. */
  readonly instance: number;
  /** Ownership generation, 32 bits; 0: the process does not own its node id (yet). */
  readonly generation: number;
  /** Reserved bits, 0 to 255; unknown ones are ignored. */
  readonly flags: number;
}

export interface PingFrame {
  readonly type: typeof FrameType.ping | typeof FrameType.pong;
  /** Sender's node id, 0 to 4294967295; only 0 to 255 can stand in a Connection ID. */
  readonly nodeId: number;
  /** {@link NodeState} or an unknown value; undefined in the five-byte form. */
  readonly state: number | undefined;
  /** Present when the bytes behind the state are a tail of ours; any other bytes are ignored. */
  readonly tail: PingTail | undefined;
}

const markerFirst = 0x44;
const markerSecond = 0x43;
const tailVersion = 1;
const tailOffset = 6;
const tailHeaderLength = 4;
const tailBodyLength = 13;

/** Octets of a ping with our tail. */
export const pingFrameLength: number = tailOffset + tailHeaderLength + tailBodyLength;

/** Reads a ping or pong of five octets or more; never throws. */
export function decodePingFrame(datagram: Uint8Array): PingFrame | FrameDefect {
  if (datagram.length < 5) return "too-short";
  const type = datagram[0];
  if (type !== FrameType.ping && type !== FrameType.pong) return "wrong-type";
  return {
    type,
    nodeId: uint32(datagram, 1),
    state: datagram[5],
    tail: decodeTail(datagram),
  };
}

/** Writes the shortest form that holds what `frame` states: 5, 6 or {@link pingFrameLength} octets. */
export function encodePingFrame(frame: PingFrame): Uint8Array {
  const { state, tail } = frame;
  const length = tail !== undefined ? pingFrameLength : state !== undefined ? 6 : 5;
  const bytes = new Uint8Array(length);
  bytes[0] = frame.type;
  writeUint32(bytes, 1, frame.nodeId);
  if (state !== undefined) bytes[5] = state;
  if (tail !== undefined) {
    bytes[6] = markerFirst;
    bytes[7] = markerSecond;
    bytes[8] = tailVersion;
    bytes[9] = tailBodyLength;
    writeUint32(bytes, 10, tail.senderId);
    writeUint32(bytes, 14, tail.instance);
    writeUint32(bytes, 18, tail.generation);
    bytes[22] = tail.flags;
  }
  return bytes;
}

/**
 * The tail of a received frame when it is the sender's own statement; undefined when there is none
 * or when it is an echo of what the process `ownInstance` sent.
 */
export function trustedTail(frame: PingFrame, ownInstance: number): PingTail | undefined {
  const { tail } = frame;
  if (tail === undefined || tail.senderId !== frame.nodeId || tail.instance === ownInstance) {
    return undefined;
  }
  return tail;
}

function decodeTail(bytes: Uint8Array): PingTail | undefined {
  if (bytes[6] !== markerFirst || bytes[7] !== markerSecond) return undefined;
  const version = bytes[8] ?? 0;
  const bodyLength = bytes[9] ?? 0;
  if (version < tailVersion || bodyLength < tailBodyLength) return undefined;
  if (bytes.length < tailOffset + tailHeaderLength + bodyLength) return undefined;
  return {
    senderId: uint32(bytes, 10),
    instance: uint32(bytes, 14),
    generation: uint32(bytes, 18),
    flags: bytes[22] ?? 0,
  };
}

function uint32(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset] ?? 0) |
      ((bytes[offset + 1] ?? 0) << 8) |
      ((bytes[offset + 2] ?? 0) << 16) |
      ((bytes[offset + 3] ?? 0) << 24)) >>>
    0
  );
}

function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
  bytes[offset + 2] = value >>> 16;
  bytes[offset + 3] = value >>> 24;
}
