/**
 * Saved connections of Eclipse Californium (DTLSContext versions 2 to 5), read and written. Pure: bytes in, bytes out.
 *
 * @packageDocumentation
 */
export type { CaliforniumAddress } from "./address-item.ts";
export type { CaliforniumConnection, CaliforniumStartingHello } from "./connection-item.ts";
export type { CaliforniumContext, CaliforniumTraffic, CaliforniumVersion } from "./context-item.ts";
export {
  type CaliforniumPlace,
  CaliforniumStateError,
  type CaliforniumStateErrorCode,
} from "./errors.ts";
export type { CaliforniumPrincipal } from "./principal.ts";
export {
  type CaliforniumComponentSummary,
  type CaliforniumImport,
  type CaliforniumReadOptions,
  type RefusedConnection,
  readCaliforniumState,
} from "./read-connections.ts";
export type { CaliforniumSecret } from "./secret.ts";
export type { CaliforniumSession } from "./session-item.ts";
export {
  type CaliforniumComponent,
  type CaliforniumStream,
  type CaliforniumTimeMark,
  decodeCaliforniumConnection,
  decodeCaliforniumStream,
  encodeCaliforniumConnection,
  encodeCaliforniumStream,
  type IsConnector,
  isConnectorLabel,
  startsAsCaliforniumStream,
} from "./stream.ts";
export { suiteText, supportedSuites } from "./suites.ts";
export type { CaliforniumKeys } from "./traffic-keys.ts";
export {
  type CaliforniumExport,
  type CaliforniumWriteOptions,
  type UnwrittenConnection,
  writeCaliforniumState,
} from "./write-connections.ts";
