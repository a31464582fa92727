/** First bytes of a stream: the MessagePack array `["dtls-cluster-state", major, minor]`. */
export const MAGIC = "dtls-cluster-state";
/** A reader refuses streams of a higher major version. */
export const MAJOR_VERSION = 1;
/** Raised when items gain fields or kinds that older readers may ignore. */
export const MINOR_VERSION = 1;

/** SHA-256. */
export const DIGEST_LENGTH = 32;

/** Bytes before a frame's payload: array of two, bin 32, four bytes of length. */
export const FRAME_HEAD_LENGTH = 6;
/** Bytes after it: bin 8, one byte of length, the digest. */
export const FRAME_TAIL_LENGTH: number = 2 + DIGEST_LENGTH;

const ARRAY_OF_TWO = 0x92;
const ARRAY_OF_THREE = 0x93;
const BIN_8 = 0xc4;
const BIN_32 = 0xc6;
const FIX_TEXT = 0xa0;
const LONGEST_FIX_INTEGER = 0x7f;

/** The MessagePack form of the magic and a version below 128.128. */
export function encodePrefix(major: number, minor: number): Uint8Array {
  const bytes = new Uint8Array(PREFIX_LENGTH);
  bytes[0] = ARRAY_OF_THREE;
  bytes[1] = FIX_TEXT | MAGIC.length;
  for (let i = 0; i < MAGIC.length; i += 1) bytes[2 + i] = MAGIC.charCodeAt(i);
  bytes[PREFIX_LENGTH - 2] = major;
  bytes[PREFIX_LENGTH - 1] = minor;
  return bytes;
}

export const PREFIX_LENGTH: number = 2 + MAGIC.length + 2;

/** The version after the magic, or undefined when `bytes` do not begin a state stream. */
export function decodePrefix(bytes: Uint8Array): { major: number; minor: number } | undefined {
  const major = bytes[PREFIX_LENGTH - 2] ?? 0xff;
  const minor = bytes[PREFIX_LENGTH - 1] ?? 0xff;
  const expected = encodePrefix(major, minor);
  const isOurs = bytes.length === PREFIX_LENGTH && expected.every((byte, i) => byte === bytes[i]);
  return isOurs && major <= LONGEST_FIX_INTEGER && minor <= LONGEST_FIX_INTEGER
    ? { major, minor }
    : undefined;
}

/** Writes the MessagePack head of a frame with `length` bytes of payload to `target` at `offset`. */
export function writeFrameHead(target: Uint8Array, offset: number, length: number): void {
  target[offset] = ARRAY_OF_TWO;
  target[offset + 1] = BIN_32;
  target[offset + 2] = length >>> 24;
  target[offset + 3] = length >>> 16;
  target[offset + 4] = length >>> 8;
  target[offset + 5] = length;
}

export function writeFrameTail(target: Uint8Array, offset: number, digest: Uint8Array): void {
  target[offset] = BIN_8;
  target[offset + 1] = DIGEST_LENGTH;
  target.set(digest, offset + 2);
}

/** The payload's length from a frame's head at `offset`, or undefined when it is no frame. */
export function readFrameHead(bytes: Uint8Array, offset: number): number | undefined {
  if (bytes[offset] !== ARRAY_OF_TWO || bytes[offset + 1] !== BIN_32) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset + offset).getUint32(2);
}

/** The digest of a frame's tail, or undefined when `tail` is none. */
export function readFrameTail(tail: Uint8Array): Uint8Array | undefined {
  return tail[0] === BIN_8 && tail[1] === DIGEST_LENGTH ? tail.subarray(2) : undefined;
}
