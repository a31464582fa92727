/** Codes of RFC 7252 sections 12.1.1 and 12.1.2, RFC 7959 and RFC 8132: class in the top 3 bits. */
export const Code = {
  empty: 0x00,
  get: 0x01,
  post: 0x02,
  put: 0x03,
  delete: 0x04,
  fetch: 0x05,
  patch: 0x06,
  iPatch: 0x07,
  created: 0x41,
  deleted: 0x42,
  valid: 0x43,
  changed: 0x44,
  content: 0x45,
  continue: 0x5f,
  badRequest: 0x80,
  unauthorized: 0x81,
  badOption: 0x82,
  forbidden: 0x83,
  notFound: 0x84,
  methodNotAllowed: 0x85,
  notAcceptable: 0x86,
  requestEntityIncomplete: 0x88,
  preconditionFailed: 0x8c,
  requestEntityTooLarge: 0x8d,
  unsupportedContentFormat: 0x8f,
  internalServerError: 0xa0,
  notImplemented: 0xa1,
  badGateway: 0xa2,
  serviceUnavailable: 0xa3,
  gatewayTimeout: 0xa4,
  proxyingNotSupported: 0xa5,
} as const;

/** A code of {@link Code}; codes of peers stay numbers, 0 to 255. */
export type Code = (typeof Code)[keyof typeof Code];

/** The dotted form, such as `2.05`. */
export function describeCode(code: number): string {
  return `${code >> 5}.${String(code & 31).padStart(2, "0")}`;
}

/** True for class 2 (RFC 7252 section 5.9.1). */
export function isSuccess(code: number): boolean {
  return code >> 5 === 2;
}
