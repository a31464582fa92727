import { DecodeError } from "../../codec/decode-error.ts";
import { type Extension, ExtensionType } from "./extension.ts";

/** RFC 7627 section 5.1: the body is empty. */
export function extendedMasterSecretExtension(): Extension {
  return { type: ExtensionType.extendedMasterSecret, data: new Uint8Array(0) };
}

/** Checks the body of a received extension. @throws DecodeError when it is not empty. */
export function checkExtendedMasterSecret(data: Uint8Array): void {
  if (data.length > 0) throw new DecodeError("extended_master_secret is not empty");
}
