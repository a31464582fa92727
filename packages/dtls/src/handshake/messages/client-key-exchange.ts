import { Reader } from "../../codec/reader.ts";
import { Writer } from "../../codec/writer.ts";
import type { KeyExchange } from "../../crypto/cipher-suites.ts";

/** What the client contributes. Byte fields are views after decoding; those that the key exchange lacks are empty. */
export interface ClientKeyExchange {
  /** RFC 4279 section 2. */
  readonly identity: Uint8Array;
  /** RFC 8422 section 5.7. */
  readonly publicKey: Uint8Array;
}

const nothing = new Uint8Array(0);

/** In the form of the key exchange; that of ECDHE_PSK has both parts (RFC 5489 section 2). @throws DecodeError */
export function decodeClientKeyExchange(body: Uint8Array, form: KeyExchange): ClientKeyExchange {
  const reader = new Reader(body);
  const identity = form === "ecdhe-ecdsa" ? nothing : reader.opaque16();
  const publicKey = form === "psk" ? nothing : reader.opaque8(1);
  reader.end();
  return { identity, publicKey };
}

export function encodeClientKeyExchange(
  { identity, publicKey }: ClientKeyExchange,
  form: KeyExchange,
): Uint8Array {
  const writer = new Writer();
  if (form !== "ecdhe-ecdsa") writer.opaque16(identity);
  if (form !== "psk") writer.opaque8(publicKey);
  return writer.finish();
}
