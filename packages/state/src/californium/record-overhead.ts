import type { CaliforniumSession } from "./session-item.ts";

const HEADER = 13;
const EXPLICIT_NONCE = 8;
/** Value of the record size limit when none was negotiated. */
export const NO_RECORD_SIZE_LIMIT = 0xffff;

/** Bytes that an AEAD record adds to its content (RFC 6347 section 4.1, RFC 9146 section 4). */
export function recordOverhead(tagLength: number, connectionId: Uint8Array | undefined): number {
  return (
    HEADER + EXPLICIT_NONCE + tagLength + innerType(connectionId) + (connectionId?.length ?? 0)
  );
}

/** Bytes of content that the peer takes in one record (RFC 8449 section 4, RFC 6066 section 4). */
export function payloadLimit(
  session: Pick<CaliforniumSession, "recordSizeLimit" | "maxFragmentLength">,
  connectionId: Uint8Array | undefined,
): number {
  const { recordSizeLimit, maxFragmentLength } = session;
  const limit = recordSizeLimit === NO_RECORD_SIZE_LIMIT ? 0x4000 : recordSizeLimit;
  return Math.min(limit - innerType(connectionId), maxFragmentLength);
}

/** The real content type is inside of a record with a CID. */
function innerType(connectionId: Uint8Array | undefined): number {
  return connectionId === undefined || connectionId.length === 0 ? 0 : 1;
}
