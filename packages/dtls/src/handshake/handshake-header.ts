import { DecodeError } from "../codec/decode-error.ts";
import type { Reader } from "../codec/reader.ts";

/** Bytes of a handshake message header (RFC 6347 section 4.2.2). */
export const handshakeHeaderLength = 12;

/** One fragment of a handshake message; `body` is a view of the record it came in. */
export interface HandshakeFragment {
  /** A {@link MessageType}, or any other number from the wire. */
  readonly type: number;
  /** Length of the whole message body, 0 to 2^24 - 1. */
  readonly length: number;
  readonly messageSequence: number;
  readonly offset: number;
  readonly body: Uint8Array;
}

/** One complete handshake message. `body` is owned by whoever holds the message. */
export interface HandshakeMessage {
  readonly type: number;
  readonly messageSequence: number;
  readonly body: Uint8Array;
}

/** Reads the next fragment of a handshake record. @throws DecodeError when it does not parse. */
export function decodeHandshakeFragment(reader: Reader): HandshakeFragment {
  const type = reader.uint8();
  const length = reader.uint24();
  const messageSequence = reader.uint16();
  const offset = reader.uint24();
  const body = reader.opaque24();
  if (offset + body.length > length) throw new DecodeError("fragment reaches behind its message");
  return { type, length, messageSequence, offset, body };
}

/** Writes a fragment's header at `at` of `target`; its body follows at `at + 12`. */
export function writeHandshakeHeader(
  target: Uint8Array,
  at: number,
  message: HandshakeMessage,
  fragmentOffset: number,
  fragmentLength: number,
): void {
  target[at] = message.type;
  writeUint24(target, at + 1, message.body.length);
  target[at + 4] = message.messageSequence >>> 8;
  target[at + 5] = message.messageSequence;
  writeUint24(target, at + 6, fragmentOffset);
  writeUint24(target, at + 9, fragmentLength);
}

/** The message in one piece with its header: its form in a transcript (RFC 6347 section 4.2.6). */
export function encodeHandshakeMessage(message: HandshakeMessage): Uint8Array {
  const bytes = new Uint8Array(handshakeHeaderLength + message.body.length);
  writeHandshakeHeader(bytes, 0, message, 0, message.body.length);
  bytes.set(message.body, handshakeHeaderLength);
  return bytes;
}

function writeUint24(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 16;
  target[at + 1] = value >>> 8;
  target[at + 2] = value;
}
