/** Content types of records (RFC 5246 section 6.2.1, RFC 9146 section 3). */
export const ContentType = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
  /** The outer type of a record that carries a Connection ID. */
  tls12Cid: 25,
  /** RFC 9853 section 4. */
  returnRoutabilityCheck: 27,
} as const;
export type ContentType = (typeof ContentType)[keyof typeof ContentType];
