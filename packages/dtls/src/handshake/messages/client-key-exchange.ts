import { Reader } from "../../codec/reader.ts";
import { Writer } from "../../codec/writer.ts";

/** Form for the plain PSK key exchange (RFC 4279 section 2): a view of the identity. @throws DecodeError */
export function decodePskClientKeyExchange(body: Uint8Array): Uint8Array {
  const reader = new Reader(body);
  const identity = reader.opaque16();
  reader.end();
  return identity;
}

export function encodePskClientKeyExchange(identity: Uint8Array): Uint8Array {
  return new Writer().opaque16(identity).finish();
}
