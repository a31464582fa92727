/** Option numbers: RFC 7252 section 5.10, RFC 7641, RFC 7959, RFC 8613, RFC 9175. */
export const OptionNumber = {
  ifMatch: 1,
  uriHost: 3,
  eTag: 4,
  ifNoneMatch: 5,
  observe: 6,
  uriPort: 7,
  locationPath: 8,
  oscore: 9,
  uriPath: 11,
  contentFormat: 12,
  maxAge: 14,
  uriQuery: 15,
  accept: 17,
  locationQuery: 20,
  block2: 23,
  block1: 27,
  size2: 28,
  proxyUri: 35,
  proxyScheme: 39,
  size1: 60,
  echo: 252,
  requestTag: 292,
} as const;

/** Content formats of RFC 7252 section 12.3 and RFC 8949. */
export const ContentFormat = {
  textPlain: 0,
  linkFormat: 40,
  xml: 41,
  octetStream: 42,
  json: 50,
  cbor: 60,
} as const;

/** One option as it is sent: a string is written as UTF-8, a number as the shortest uint. */
export interface CoapOption {
  /** 0 to 65535. */
  readonly number: number;
  readonly value: Uint8Array | string | number;
}
