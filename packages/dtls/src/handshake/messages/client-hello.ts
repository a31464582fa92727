import { DecodeError } from "../../codec/decode-error.ts";
import { Reader } from "../../codec/reader.ts";
import { Writer } from "../../codec/writer.ts";
import { decodeExtensions, type Extension, encodeExtensions } from "../extensions/extension.ts";

/** RFC 5246 section 7.4.1.2 with the cookie of RFC 6347 section 4.2.1. Byte fields are views after decoding. */
export interface ClientHello {
  readonly version: number;
  /** 32 bytes. */
  readonly random: Uint8Array;
  /** 0 to 32 bytes. */
  readonly sessionId: Uint8Array;
  /** 0 to 255 bytes, empty in a first ClientHello. */
  readonly cookie: Uint8Array;
  /** Two bytes a suite, in the client's order of preference. */
  readonly cipherSuites: Uint8Array;
  readonly compressionMethods: Uint8Array;
  readonly extensions: readonly Extension[];
}

/** @throws DecodeError */
export function decodeClientHello(body: Uint8Array): ClientHello {
  const reader = new Reader(body);
  const version = reader.uint16();
  const random = reader.bytes(32);
  const sessionId = reader.opaque8(0, 32);
  const cookie = reader.opaque8();
  const cipherSuites = reader.opaque16(2, 0xfffe);
  if (cipherSuites.length % 2 !== 0) throw new DecodeError("cipher suites are not pairs of bytes");
  const compressionMethods = reader.opaque8(1);
  const extensions = decodeExtensions(reader);
  reader.end();
  return { version, random, sessionId, cookie, cipherSuites, compressionMethods, extensions };
}

export function encodeClientHello(hello: ClientHello): Uint8Array {
  const writer = new Writer()
    .uint16(hello.version)
    .bytes(hello.random)
    .opaque8(hello.sessionId)
    .opaque8(hello.cookie)
    .opaque16(hello.cipherSuites)
    .opaque8(hello.compressionMethods);
  encodeExtensions(writer, hello.extensions);
  return writer.finish();
}

/** IANA numbers of the offered suites, signalling values included. */
export function offeredCipherSuites(hello: ClientHello): readonly number[] {
  const reader = new Reader(hello.cipherSuites);
  const suites: number[] = [];
  while (reader.remaining > 0) suites.push(reader.uint16());
  return suites;
}
