import { Reader } from "../../codec/reader.ts";
import { DtlsError } from "../../errors.ts";
import { type Extension, ExtensionType } from "./extension.ts";

/** The smallest limit that anybody may ask for (RFC 8449 section 4). */
export const MIN_RECORD_SIZE_LIMIT = 64;
/** What max_fragment_length can say, in bytes; its codes count from 1 (RFC 6066 section 4). */
export const fragmentLengths: readonly number[] = [512, 1024, 2048, 4096];

/** @param limit longest plaintext of a protected record that the sender takes, 64 to 2^14 bytes. */
export function recordSizeLimitExtension(limit: number): Extension {
  return { type: ExtensionType.recordSizeLimit, data: Uint8Array.of(limit >> 8, limit & 0xff) };
}

/** The peer's limit, 64 to 65,535. @throws DtlsError for a smaller one, DecodeError for what does not parse. */
export function decodeRecordSizeLimit(data: Uint8Array): number {
  const reader = new Reader(data);
  const limit = reader.uint16();
  reader.end();
  if (limit < MIN_RECORD_SIZE_LIMIT) {
    throw new DtlsError("DTLS_ILLEGAL_PARAMETER", `a record size limit of ${limit} bytes`);
  }
  return limit;
}

/** @param length one of {@link fragmentLengths}. */
export function maxFragmentLengthExtension(length: number): Extension {
  const code = fragmentLengths.indexOf(length) + 1;
  return { type: ExtensionType.maxFragmentLength, data: Uint8Array.of(code) };
}

/** The length in bytes. @throws DtlsError for an unknown code, DecodeError for what does not parse. */
export function decodeMaxFragmentLength(data: Uint8Array): number {
  const reader = new Reader(data);
  const code = reader.uint8();
  reader.end();
  const length = fragmentLengths[code - 1];
  if (length !== undefined) return length;
  throw new DtlsError("DTLS_ILLEGAL_PARAMETER", `max_fragment_length of code ${code}`);
}
