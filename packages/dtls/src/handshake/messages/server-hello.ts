import { Reader } from "../../codec/reader.ts";
import { Writer } from "../../codec/writer.ts";
import { decodeExtensions, type Extension, encodeExtensions } from "../extensions/extension.ts";

/** RFC 5246 section 7.4.1.3. Byte fields are views after decoding. */
export interface ServerHello {
  readonly version: number;
  /** 32 bytes. */
  readonly random: Uint8Array;
  /** 0 to 32 bytes; empty where the session cannot be resumed. */
  readonly sessionId: Uint8Array;
  readonly cipherSuite: number;
  readonly compressionMethod: number;
  readonly extensions: readonly Extension[];
}

/** @throws DecodeError */
export function decodeServerHello(body: Uint8Array): ServerHello {
  const reader = new Reader(body);
  const version = reader.uint16();
  const random = reader.bytes(32);
  const sessionId = reader.opaque8(0, 32);
  const cipherSuite = reader.uint16();
  const compressionMethod = reader.uint8();
  const extensions = decodeExtensions(reader);
  reader.end();
  return { version, random, sessionId, cipherSuite, compressionMethod, extensions };
}

export function encodeServerHello(hello: ServerHello): Uint8Array {
  const writer = new Writer()
    .uint16(hello.version)
    .bytes(hello.random)
    .opaque8(hello.sessionId)
    .uint16(hello.cipherSuite)
    .uint8(hello.compressionMethod);
  encodeExtensions(writer, hello.extensions);
  return writer.finish();
}
