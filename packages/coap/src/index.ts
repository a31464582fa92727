/**
 * CoAP (RFC 7252), client and server, sans-IO: no network, no clock, no randomness.
 *
 * @packageDocumentation
 */
export type { BlockwiseOptions } from "./blockwise/blockwise-options.ts";
export { Code, describeCode, isSuccess } from "./code.ts";
export type { CoapEndpointOptions, CoapLimits, NotificationOptions } from "./config.ts";
export { createCoapEndpoint } from "./create-endpoint.ts";
export { decodeMessage } from "./decode-message.ts";
export { encodeMessage, type MessageFields } from "./encode-message.ts";
export { encodeOptions, requestOptions } from "./encode-options.ts";
export type { CoapEndpoint } from "./endpoint.ts";
export type { Entropy } from "./entropy.ts";
export { CoapUsageError } from "./errors.ts";
export type { ClientExchange, CoapRequest, CoapResponse, ServerExchange } from "./exchange.ts";
export { CoapMessage } from "./message.ts";
export { MessageType } from "./message-type.ts";
export { isObservation, type Observation, type ObservationEnd } from "./observe/observation.ts";
export { type CoapOption, ContentFormat, OptionNumber } from "./option.ts";
export type { CoapPeer } from "./peer.ts";
export type {
  BodyState,
  CoapPeerState,
  DuplicateKind,
  DuplicateState,
  ObservationState,
} from "./peer-state.ts";
export {
  createResources,
  type Resource,
  type ResourceHandler,
  type Resources,
  type RespondingEndpoint,
} from "./resources.ts";
export type { CoapSink, FailureReason } from "./sink.ts";
export type { CoapStats, ReceiveOutcome } from "./stats.ts";
export {
  type DerivedParameters,
  deriveParameters,
  type TransmissionParameters,
} from "./transmission-parameters.ts";
export type { QueryParameter, UriQuery } from "./uri-query.ts";
export { decodeUtf8, encodeUtf8 } from "./utf8.ts";
