import { recordNumberOffset } from "../record/record-header.ts";

/** Bytes of the nonce that a record carries (RFC 6655 section 3, RFC 5288 section 3). */
const explicitNonceLength = 8;

const nonce = new Uint8Array(12);

/** The first four bytes of a fixed IV as one signed number: smaller to keep than an array. */
export function ivNumber(iv: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = iv;
  if (iv.length !== 4 && iv.length !== 12) {
    throw new RangeError(`fixed IV of ${iv.length} bytes instead of 4 or 12`);
  }
  return (a << 24) | (b << 16) | (c << 8) | d;
}

/** The rest of a fixed IV of 12 bytes, which masks the record's number (RFC 7905 section 2); undefined for one of 4. */
export function ivMask(iv: Uint8Array): Uint8Array | undefined {
  return iv.length === 4 ? undefined : new Uint8Array(iv.subarray(4));
}

/** Bytes between record header and ciphertext. */
export function nonceLengthInRecord(mask: Uint8Array | undefined): number {
  return mask === undefined ? explicitNonceLength : 0;
}

/** The nonce of a record whose explicit part stands at `at`; valid until the next call. */
export function nonceFor(iv: number, datagram: Uint8Array, at: number): Uint8Array {
  nonce[0] = iv >>> 24;
  nonce[1] = iv >>> 16;
  nonce[2] = iv >>> 8;
  nonce[3] = iv;
  for (let i = 0; i < explicitNonceLength; i++) {
    nonce[4 + i] = datagram[at + i] ?? 0;
  }
  return nonce;
}

/** As {@link nonceFor} for suites whose records carry no nonce: epoch and sequence number of the header under the mask. */
export function maskedNonceFor(
  iv: number,
  mask: Uint8Array,
  datagram: Uint8Array,
  recordOffset: number,
): Uint8Array {
  nonceFor(iv, datagram, recordOffset + recordNumberOffset);
  for (let i = 0; i < mask.length; i++) {
    nonce[4 + i] = (nonce[4 + i] ?? 0) ^ (mask[i] ?? 0);
  }
  return nonce;
}
