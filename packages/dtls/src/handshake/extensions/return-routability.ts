import { DecodeError } from "../../codec/decode-error.ts";
import { type Extension, ExtensionType } from "./extension.ts";

/** The extension "rrc" (RFC 9853 section 3): the body is empty. */
export function returnRoutabilityExtension(): Extension {
  return { type: ExtensionType.returnRoutability, data: new Uint8Array(0) };
}

/** Checks the body of a received extension. @throws DecodeError when it is not empty. */
export function checkReturnRoutability(data: Uint8Array): void {
  if (data.length > 0) throw new DecodeError("rrc is not empty");
}
