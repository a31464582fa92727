/** RFC 5246 section 7.2. */
export const AlertLevel = { warning: 1, fatal: 2 } as const;
export type AlertLevel = (typeof AlertLevel)[keyof typeof AlertLevel];

/** RFC 5246 section 7.2.2, RFC 4279 section 6, RFC 6066 section 9. */
export const AlertDescription = {
  closeNotify: 0,
  unexpectedMessage: 10,
  badRecordMac: 20,
  recordOverflow: 22,
  handshakeFailure: 40,
  badCertificate: 42,
  unsupportedCertificate: 43,
  certificateRevoked: 44,
  certificateExpired: 45,
  certificateUnknown: 46,
  illegalParameter: 47,
  unknownCa: 48,
  accessDenied: 49,
  decodeError: 50,
  decryptError: 51,
  protocolVersion: 70,
  insufficientSecurity: 71,
  internalError: 80,
  userCanceled: 90,
  noRenegotiation: 100,
  unsupportedExtension: 110,
  unrecognizedName: 112,
  unknownPskIdentity: 115,
} as const;
export type AlertDescription = (typeof AlertDescription)[keyof typeof AlertDescription];

/** A received alert; the description stays a number, because peers may send one we do not know. */
export interface Alert {
  readonly level: AlertLevel;
  readonly description: number;
}

/** The two bytes of an alert. */
export function encodeAlert(level: AlertLevel, description: number): Uint8Array {
  return Uint8Array.of(level, description);
}

/** Undefined when `body` is not exactly one alert of a known level. */
export function decodeAlert(body: Uint8Array): Alert | undefined {
  const [level, description] = body;
  if (body.length !== 2 || description === undefined) {
    return undefined;
  }
  return level === AlertLevel.warning || level === AlertLevel.fatal
    ? { level, description }
    : undefined;
}
