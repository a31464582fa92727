/** The body of a ChangeCipherSpec record (RFC 5246 section 7.1): one byte of value 1. */
export function encodeChangeCipherSpec(): Uint8Array {
  return Uint8Array.of(1);
}

export function isChangeCipherSpec(body: Uint8Array): boolean {
  return body.length === 1 && body[0] === 1;
}
