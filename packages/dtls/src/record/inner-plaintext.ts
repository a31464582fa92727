/**
 * Finds the real content type of a DTLSInnerPlaintext (RFC 9146 section 4): the last byte that is not padding.
 * Returns its offset, which is the end of the content, or -1 when all bytes are zero.
 */
export function innerTypeOffset(bytes: Uint8Array, start: number, end: number): number {
  let at = end - 1;
  while (at >= start && bytes[at] === 0) {
    at--;
  }
  return at < start ? -1 : at;
}
