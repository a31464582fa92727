/** Bytes of the nonce that a record carries (RFC 6655 section 3, RFC 5288 section 3). */
export const explicitNonceLength = 8;

const nonce = new Uint8Array(12);

/** The fixed part of a nonce as one signed number: smaller to keep than an array. */
export function ivNumber(iv: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = iv;
  if (iv.length !== 4) {
    throw new RangeError(`fixed IV of ${iv.length} bytes instead of 4`);
  }
  return (a << 24) | (b << 16) | (c << 8) | d;
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
