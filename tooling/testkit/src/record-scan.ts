/** What the header of a DTLS 1.2 record tells anybody on the wire (RFC 6347 section 4.1, RFC 9146). */
export interface DtlsRecord {
  readonly contentType: number;
  readonly epoch: number;
  /** 48 bits. */
  readonly sequence: number;
  /** Empty unless the content type is tls12_cid. */
  readonly cid: Uint8Array;
  readonly isChangeCipherSpec: boolean;
  readonly fragment: Uint8Array;
  /** Header and fragment. */
  readonly bytes: Uint8Array;
}

const changeCipherSpec = 20;
const handshake = 22;
const tls12Cid = 25;
const clientHello = 1;
const serverHello = 2;

/**
 * Splits a datagram into records. It is independent of the engine's own parser on purpose: a mistake
 * there must not blind those who check it.
 * @param cidLength length of the CIDs in this direction.
 */
export function readRecords(
  datagram: Uint8Array,
  cidLength: number,
): { readonly records: readonly DtlsRecord[]; readonly isComplete: boolean } {
  const records: DtlsRecord[] = [];
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  let start = 0;
  while (start < datagram.length) {
    const contentType = datagram[start] ?? 0;
    const cidEnd = start + 11 + (contentType === tls12Cid ? cidLength : 0);
    if (contentType < changeCipherSpec || contentType > tls12Cid || cidEnd + 2 > datagram.length) {
      return { records, isComplete: false };
    }
    const end = cidEnd + 2 + view.getUint16(cidEnd);
    if (datagram[start + 1] !== 0xfe || end > datagram.length)
      return { records, isComplete: false };
    records.push({
      contentType,
      epoch: view.getUint16(start + 3),
      sequence: view.getUint16(start + 5) * 0x1_0000_0000 + view.getUint32(start + 7),
      cid: datagram.subarray(start + 11, cidEnd),
      isChangeCipherSpec: contentType === changeCipherSpec,
      fragment: datagram.subarray(cidEnd + 2, end),
      bytes: datagram.subarray(start, end),
    });
    start = end;
  }
  return { records, isComplete: datagram.length > 0 };
}

/** The random of a ClientHello or ServerHello that begins in this unsealed record, in hex. */
export function helloRandom(record: DtlsRecord): string | undefined {
  const { fragment } = record;
  if (record.contentType !== handshake || record.epoch !== 0 || fragment.length < 46)
    return undefined;
  if (fragment[0] !== clientHello && fragment[0] !== serverHello) return undefined;
  const fragmentOffset =
    ((fragment[6] ?? 0) << 16) | ((fragment[7] ?? 0) << 8) | (fragment[8] ?? 0);
  if (fragmentOffset !== 0) return undefined;
  return Array.from(fragment.subarray(14, 46), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}
