/** Types of return_routability_check messages (RFC 9853 section 4). Others exist and are ignored. */
export const PathMessageType = { challenge: 0, response: 1, drop: 2 } as const;

/** The type and a cookie of 8 bytes. */
export const pathMessageLength = 9;

/** Whether the message carries this cookie. */
export function hasCookie(message: Uint8Array, cookie: Uint8Array): boolean {
  for (let i = 0; i < cookie.length; i += 1) if (message[1 + i] !== cookie[i]) return false;
  return message.length === 1 + cookie.length;
}

export function encodePathMessage(type: number, cookie: Uint8Array): Uint8Array {
  const message = new Uint8Array(pathMessageLength);
  message[0] = type;
  message.set(cookie, 1);
  return message;
}
