import { Reader } from "../../codec/reader.ts";
import { Writer } from "../../codec/writer.ts";

/** RFC 6347 section 4.2.1. `cookie` is a view after decoding. */
export interface HelloVerifyRequest {
  readonly version: number;
  /** 0 to 255 bytes. */
  readonly cookie: Uint8Array;
}

/** @throws DecodeError */
export function decodeHelloVerifyRequest(body: Uint8Array): HelloVerifyRequest {
  const reader = new Reader(body);
  const version = reader.uint16();
  const cookie = reader.opaque8();
  reader.end();
  return { version, cookie };
}

export function encodeHelloVerifyRequest(request: HelloVerifyRequest): Uint8Array {
  return new Writer().uint16(request.version).opaque8(request.cookie).finish();
}
