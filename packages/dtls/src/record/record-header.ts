/** Version of DTLS 1.2 records on the wire. */
export const versionDtls12 = 0xfefd;
/** Version that a ClientHello's or a HelloVerifyRequest's record may carry (RFC 6347 section 4.2.1). */
export const versionDtls10 = 0xfeff;
/** Bytes of a record header without Connection ID (RFC 6347 section 4.1). */
export const recordHeaderLength = 13;
/** Where epoch and sequence number start, 8 bytes. */
export const recordNumberOffset = 3;
/** Where the Connection ID of a tls12_cid record starts (RFC 9146 section 4). */
export const connectionIdOffset = 11;
/** Longest plaintext fragment of a record (RFC 5246 section 6.2.1). */
export const maximumPlaintextLength = 0x4000;
/** Longest fragment of a record on the wire (RFC 5246 section 6.2.3). */
export const maximumFragmentLength: number = 0x4000 + 2048;
/** The last sequence number of an epoch; they must not wrap (RFC 6347 section 4.1). */
export const maximumSequence: number = 2 ** 48 - 1;

/**
 * Writes a record header and returns the offset behind it.
 * @param connectionId written between sequence number and length for tls12_cid records, else undefined.
 * @param length bytes of the fragment that follows.
 */
export function writeRecordHeader(
  target: Uint8Array,
  offset: number,
  type: number,
  epoch: number,
  sequence: number,
  connectionId: Uint8Array | undefined,
  length: number,
): number {
  target[offset] = type;
  target[offset + 1] = versionDtls12 >>> 8;
  target[offset + 2] = versionDtls12 & 0xff;
  writeEpochAndSequence(target, offset + recordNumberOffset, epoch, sequence);
  let at = offset + connectionIdOffset;
  if (connectionId !== undefined) {
    for (let i = 0; i < connectionId.length; i++) {
      target[at++] = connectionId[i] ?? 0;
    }
  }
  target[at] = length >>> 8;
  target[at + 1] = length;
  return at + 2;
}

/** Writes the 8 bytes epoch and sequence number: the record's number and its explicit nonce. */
export function writeEpochAndSequence(
  target: Uint8Array,
  offset: number,
  epoch: number,
  sequence: number,
): void {
  const high = Math.floor(sequence / 0x100000000);
  const low = sequence >>> 0;
  target[offset] = epoch >>> 8;
  target[offset + 1] = epoch;
  target[offset + 2] = high >>> 8;
  target[offset + 3] = high;
  target[offset + 4] = low >>> 24;
  target[offset + 5] = low >>> 16;
  target[offset + 6] = low >>> 8;
  target[offset + 7] = low;
}
