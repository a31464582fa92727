/** Types of messages, RFC 7252 section 3. */
export const MessageType = {
  confirmable: 0,
  nonConfirmable: 1,
  acknowledgement: 2,
  reset: 3,
} as const;

export type MessageType = (typeof MessageType)[keyof typeof MessageType];
