/**
 * First byte of every datagram on the cluster channel. All values are unassigned TLS content types
 * (20 to 25 are DTLS records of a secured channel) and below the CoAP range (64 to 127).
 */
export const FrameType = {
  /** The answer to {@link FrameType.relayForward}: backward through the relay. Only between our own nodes. */
  relayBackward: 58,
  /** A forward frame passed on by a node that does not own its id (any more). Only between our own nodes. */
  relayForward: 59,
  pong: 60,
  ping: 61,
  /** A record for a client, to be sent by the node that received the client's datagram. */
  backward: 62,
  /** A client's datagram on its way to the node that owns its connection. */
  forward: 63,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

/** Why a cluster datagram cannot be read. */
export type FrameDefect = "too-short" | "wrong-type" | "bad-address-length" | "bad-port";

/** True for a datagram whose first byte says ping or pong. */
export function isPingOrPong(datagram: Uint8Array): boolean {
  const type = datagram[0];
  return type === FrameType.ping || type === FrameType.pong;
}

/** True for a datagram whose first byte says forward or backward, also through a relay. */
export function isForwardOrBackward(datagram: Uint8Array): boolean {
  const type = datagram[0];
  return (
    type === FrameType.forward ||
    type === FrameType.backward ||
    type === FrameType.relayForward ||
    type === FrameType.relayBackward
  );
}
