/**
 * The serialized form of DTLS and CoAP connection states: a versioned stream of MessagePack values.
 *
 * @packageDocumentation
 */
export { StateError, type StateErrorCode, type StatePosition } from "./errors.ts";
export { MAJOR_VERSION, MINOR_VERSION } from "./frame.ts";
export {
  type ConnectionName,
  connectionKey,
  type NodeState,
  type PackedConnection,
  type StateAttributes,
  type StateHeader,
  type StateItem,
  type StateSummary,
} from "./items.ts";
export { StateReader, type StateReaderOptions } from "./reader.ts";
export { type StagedConnection, StagedImport, type StagedState } from "./staged-import.ts";
export { type StateContents, writeState } from "./write-state.ts";
export { MAX_ITEM_BYTES, type Sha256, StateWriter, type StateWriterOptions } from "./writer.ts";
