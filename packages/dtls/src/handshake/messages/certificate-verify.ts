import { Reader } from "../../codec/reader.ts";
import { Writer } from "../../codec/writer.ts";

/** A signature with its scheme (RFC 5246 section 4.7). `signature` is a view after decoding. */
export interface DigitallySigned {
  /** IANA number. */
  readonly scheme: number;
  readonly signature: Uint8Array;
}

export function readDigitallySigned(reader: Reader): DigitallySigned {
  const scheme = reader.uint16();
  return { scheme, signature: reader.opaque16(1) };
}

export function writeDigitallySigned(writer: Writer, signed: DigitallySigned): Writer {
  return writer.uint16(signed.scheme).opaque16(signed.signature);
}

/** RFC 5246 section 7.4.8. @throws DecodeError */
export function decodeCertificateVerify(body: Uint8Array): DigitallySigned {
  const reader = new Reader(body);
  const signed = readDigitallySigned(reader);
  reader.end();
  return signed;
}

export function encodeCertificateVerify(signed: DigitallySigned): Uint8Array {
  return writeDigitallySigned(new Writer(), signed).finish();
}
