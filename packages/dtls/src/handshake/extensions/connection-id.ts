import { Reader } from "../../codec/reader.ts";
import { copyBytes } from "../../copy-bytes.ts";
import { type Extension, ExtensionType } from "./extension.ts";

/** The CID that the sender wants in records to it; empty for "none, but you may have one" (RFC 9146 section 3). */
export function connectionIdExtension(cid: Uint8Array): Extension {
  const data = new Uint8Array(1 + cid.length);
  data[0] = cid.length;
  data.set(cid, 1);
  return { type: ExtensionType.connectionId, data };
}

/** A copy of the CID, 0 to 255 bytes. @throws DecodeError when the body does not parse. */
export function decodeConnectionId(data: Uint8Array): Uint8Array {
  const reader = new Reader(data);
  const cid = reader.opaque8();
  reader.end();
  return copyBytes(cid);
}
