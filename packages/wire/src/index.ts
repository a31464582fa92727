/**
 * Datagrams between the nodes of a DTLS Connection ID cluster, and the layout of its Connection IDs.
 *
 * @packageDocumentation
 */
export {
  AddressTexts,
  addressBytes,
  addressText,
  normalizeAddress,
  writeAddress,
} from "./address.ts";
export { type CidLayout, type CidLayoutOptions, createCidLayout } from "./cid-layout.ts";
export { WireUsageError } from "./errors.ts";
export {
  checkForwardFrame,
  createForwardFrame,
  decodeForwardFrame,
  encodeForwardFrame,
  type ForwardFrame,
  type ForwardFrameRules,
  type ForwardFrameType,
  strictMinimumPayload,
} from "./forward-frame.ts";
export {
  clusterKeyBlockLength,
  clusterMacKeys,
  type FrameHmac,
  frameMacInput,
  frameMacLength,
  type KeyBlockLengths,
  sealFrameMac,
  verifyFrameMac,
} from "./frame-mac.ts";
export { type FrameDefect, FrameType, isForwardOrBackward, isPingOrPong } from "./frame-type.ts";
export {
  decodePingFrame,
  encodePingFrame,
  NodeState,
  type PingFrame,
  type PingTail,
  pingFrameLength,
  trustedTail,
} from "./ping-frame.ts";
export type { SocketAddress } from "./socket-address.ts";
