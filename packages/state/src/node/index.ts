/**
 * State files for Node.js: saved atomically, encrypted on demand, consumed by the restore.
 *
 * @packageDocumentation
 */
export {
  type CaliforniumCipher,
  type CaliforniumPassword,
  sealCaliforniumState,
  unsealCaliforniumState,
} from "./californium-cipher.ts";
export {
  type CaliforniumRestoreOptions,
  type CaliforniumSaveOptions,
  type RestoredCaliforniumFile,
  restoreCaliforniumFile,
  saveCaliforniumFile,
} from "./californium-file.ts";
export { type StateFileFormat, stateFileFormat } from "./file-format.ts";
export { DEFAULT_SCRYPT_COST, type ScryptCost, seal, unseal } from "./sealed-file.ts";
export {
  nodeSha256,
  type RestoredFile,
  type RestoreOptions,
  restoreStateFile,
  type SaveOptions,
  saveStateFile,
} from "./state-file.ts";
