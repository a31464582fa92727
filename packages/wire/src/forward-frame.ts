import { type AddressTexts, addressText, writeAddress } from "./address.ts";
import { type FrameDefect, FrameType } from "./frame-type.ts";

/** The types whose frames have the header of port, address and optional MAC. */
export type ForwardFrameType =
  | typeof FrameType.forward
  | typeof FrameType.backward
  | typeof FrameType.relayForward
  | typeof FrameType.relayBackward;

/**
 * A forward or backward frame, read in place. Of a forward frame the address is the client the payload
 * came from, of a backward frame the client it goes to, of a relay frame the cluster address of the node
 * that received the client's datagram (its payload is a forward or backward frame without MAC).
 */
export interface ForwardFrame {
  type: ForwardFrameType;
  address: string;
  port: number;
  /** Where the MAC stands when there is one: 8 or 20. */
  macOffset: number;
  payloadOffset: number;
}

/** Octets of the smallest payload that Californium takes: a record and a handshake header, and one more. */
export const strictMinimumPayload = 26;

/** An empty frame for {@link decodeForwardFrame} to write to. */
export function createForwardFrame(): ForwardFrame {
  return { type: FrameType.forward, address: "", port: 0, macOffset: 0, payloadOffset: 0 };
}

/** How {@link decodeForwardFrame} reads. */
export interface ForwardFrameRules {
  /** 8 when the channel protects its frames with a MAC, else 0. The datagram itself does not tell. */
  readonly macLength: 0 | 8;
  /** Smallest payload in octets; default {@link strictMinimumPayload}, Californium's rule. */
  readonly minimumPayload?: number;
  /** Remembered address texts; without them each frame costs a new string. */
  readonly texts?: AddressTexts;
}

/**
 * Where the MAC of a frame starts when type and lengths are right; nothing else of it is read, so that
 * the MAC can be verified first.
 */
export function checkForwardFrame(
  datagram: Uint8Array,
  rules: ForwardFrameRules,
): number | FrameDefect {
  const type = datagram[0];
  if (!isForwardFrameType(type)) return "wrong-type";
  const minimum = rules.minimumPayload ?? strictMinimumPayload;
  if (datagram.length < 8 + minimum) return "too-short";
  const length = datagram[3];
  if (length !== 4 && length !== 16) return "bad-address-length";
  if (datagram.length < 4 + length + rules.macLength + minimum) return "too-short";
  return 4 + length;
}

/**
 * Reads a frame into `frame`; the payload is `datagram.subarray(frame.payloadOffset)`. Never throws.
 * @returns undefined, or why the datagram is no such frame (`frame` is then left as it was).
 */
export function decodeForwardFrame(
  datagram: Uint8Array,
  rules: ForwardFrameRules,
  frame: ForwardFrame,
): FrameDefect | undefined {
  const macOffset = checkForwardFrame(datagram, rules);
  if (typeof macOffset === "string") return macOffset;
  const type = datagram[0];
  if (!isForwardFrameType(type)) return "wrong-type";
  const port = (datagram[1] ?? 0) | ((datagram[2] ?? 0) << 8);
  if (port === 0) return "bad-port";
  frame.type = type;
  frame.port = port;
  frame.address =
    rules.texts === undefined
      ? addressText(datagram, 4, macOffset - 4)
      : rules.texts.read(datagram, 4, macOffset - 4);
  frame.macOffset = macOffset;
  frame.payloadOffset = macOffset + rules.macLength;
  return undefined;
}

/**
 * Writes header and payload into one new datagram; room is left for the MAC (it starts at
 * `4 + datagram[3]`).
 * @param allocate makes room for the datagram, whose octets may hold anything; default a new array.
 * @returns undefined when `address` is no IP address.
 */
export function encodeForwardFrame(
  type: ForwardFrameType,
  address: string,
  port: number,
  payload: Uint8Array,
  macLength: 0 | 8,
  allocate?: (length: number) => Uint8Array,
): Uint8Array | undefined {
  const isIpv4 = !address.includes(":");
  const ipv6 = isIpv4 ? undefined : new Uint8Array(16);
  const length = ipv6 === undefined ? 4 : writeAddress(address, ipv6, 0);
  if (length === 0) return undefined;
  const total = 4 + length + macLength + payload.length;
  const datagram = allocate === undefined ? new Uint8Array(total) : allocate(total);
  if (ipv6 !== undefined) datagram.set(length === 16 ? ipv6 : ipv6.subarray(0, 4), 4);
  else if (writeAddress(address, datagram, 4) === 0) return undefined;
  datagram[0] = type;
  datagram[1] = port;
  datagram[2] = port >>> 8;
  datagram[3] = length;
  datagram.set(payload, 4 + length + macLength);
  return datagram;
}

function isForwardFrameType(type: number | undefined): type is ForwardFrameType {
  return (
    type === FrameType.forward ||
    type === FrameType.backward ||
    type === FrameType.relayForward ||
    type === FrameType.relayBackward
  );
}
