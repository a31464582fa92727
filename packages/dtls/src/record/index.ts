/**
 * The record layer alone, without keys and state: for forwarders, taps and tests.
 *
 * @packageDocumentation
 */
export {
  type Alert,
  AlertDescription,
  AlertLevel,
  decodeAlert,
  encodeAlert,
} from "./alert.ts";
export { encodeChangeCipherSpec, isChangeCipherSpec } from "./change-cipher-spec.ts";
export { ContentType } from "./content-type.ts";
export { RecordCursor } from "./datagram.ts";
export { innerTypeOffset } from "./inner-plaintext.ts";
export { peekConnectionId } from "./peek-connection-id.ts";
export {
  connectionIdOffset,
  maximumFragmentLength,
  maximumPlaintextLength,
  maximumSequence,
  recordHeaderLength,
  versionDtls10,
  versionDtls12,
  writeEpochAndSequence,
  writeRecordHeader,
} from "./record-header.ts";
