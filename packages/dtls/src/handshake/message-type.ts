/** Handshake message types (RFC 5246 section 7.4, RFC 6347 section 4.3.2, RFC 5077 section 3.3). */
export const MessageType = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  newSessionTicket: 4,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];
