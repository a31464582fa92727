import { Reader } from "../../codec/reader.ts";

/** Form for the plain PSK key exchange (RFC 4279 section 2): a view of the identity hint. @throws DecodeError */
export function decodePskServerKeyExchange(body: Uint8Array): Uint8Array {
  const reader = new Reader(body);
  const hint = reader.opaque16();
  reader.end();
  return hint;
}
