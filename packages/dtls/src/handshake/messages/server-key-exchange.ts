import { DecodeError } from "../../codec/decode-error.ts";
import { Reader } from "../../codec/reader.ts";
import { Writer } from "../../codec/writer.ts";
import {
  type DigitallySigned,
  readDigitallySigned,
  writeDigitallySigned,
} from "./certificate-verify.ts";

/** ECCurveType named_curve (RFC 8422 section 5.4); explicit curves are not accepted. */
const namedCurve = 3;

/** Form for the plain PSK key exchange (RFC 4279 section 2): a view of the identity hint. @throws DecodeError */
export function decodePskServerKeyExchange(body: Uint8Array): Uint8Array {
  const reader = new Reader(body);
  const hint = reader.opaque16();
  reader.end();
  return hint;
}

/** The server's ephemeral key (RFC 8422 section 5.4). Byte fields are views after decoding. */
export interface EcdhParameters {
  /** IANA number of the group. */
  readonly group: number;
  readonly publicKey: Uint8Array;
}

/** Its form on the wire, which is also what the server signs behind both random values. */
export function encodeEcdhParameters({ group, publicKey }: EcdhParameters): Uint8Array {
  return new Writer().uint8(namedCurve).uint16(group).opaque8(publicKey).finish();
}

/** Form for ECDHE_PSK (RFC 5489 section 2): identity hint and key, unsigned. @throws DecodeError */
export function decodeEcdhePskServerKeyExchange(body: Uint8Array): EcdhParameters {
  const reader = new Reader(body);
  reader.opaque16();
  const parameters = readEcdhParameters(reader);
  reader.end();
  return parameters;
}

/** An ECDHE_PSK key exchange without identity hint. */
export function encodeEcdhePskServerKeyExchange(parameters: EcdhParameters): Uint8Array {
  return new Writer().opaque16(new Uint8Array(0)).bytes(encodeEcdhParameters(parameters)).finish();
}

/** A signed key (RFC 8422 section 5.4). */
export interface SignedServerKeyExchange {
  readonly parameters: EcdhParameters;
  readonly signed: DigitallySigned;
}

/** @throws DecodeError */
export function decodeSignedServerKeyExchange(body: Uint8Array): SignedServerKeyExchange {
  const reader = new Reader(body);
  const parameters = readEcdhParameters(reader);
  const signed = readDigitallySigned(reader);
  reader.end();
  return { parameters, signed };
}

export function encodeSignedServerKeyExchange(
  encodedParameters: Uint8Array,
  signed: DigitallySigned,
): Uint8Array {
  return writeDigitallySigned(new Writer().bytes(encodedParameters), signed).finish();
}

function readEcdhParameters(reader: Reader): EcdhParameters {
  if (reader.uint8() !== namedCurve) throw new DecodeError("the curve is not a named one");
  return { group: reader.uint16(), publicKey: reader.opaque8(1) };
}
