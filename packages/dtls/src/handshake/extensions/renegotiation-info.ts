import { Reader } from "../../codec/reader.ts";
import { type Extension, ExtensionType } from "./extension.ts";

/** TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 section 3.3): the extension in the form of a suite. */
export const emptyRenegotiationInfoScsv = 0x00ff;

/** The form for an initial handshake: an empty `renegotiated_connection` (RFC 5746 section 3.2). */
export function renegotiationInfoExtension(): Extension {
  return { type: ExtensionType.renegotiationInfo, data: Uint8Array.of(0) };
}

/**
 * Whether the peer's extension is that of an initial handshake; anything else must end the handshake
 * (RFC 5746 sections 3.4 and 3.6). @throws DecodeError when the body does not parse.
 */
export function isInitialRenegotiationInfo(data: Uint8Array): boolean {
  const reader = new Reader(data);
  const verifyData = reader.opaque8();
  reader.end();
  return verifyData.length === 0;
}
