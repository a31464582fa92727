import { Reader } from "../../codec/reader.ts";
import { type Extension, ExtensionType } from "./extension.ts";

const uncompressed = 0;

/** ec_point_formats with the one format that is left (RFC 8422 section 5.1.2). */
export function pointFormatsExtension(): Extension {
  return { type: ExtensionType.pointFormats, data: Uint8Array.of(1, uncompressed) };
}

/** Whether the peer takes uncompressed points, as it must. @throws DecodeError */
export function takesUncompressedPoints(data: Uint8Array): boolean {
  const reader = new Reader(data);
  const formats = reader.opaque8(1);
  reader.end();
  return formats.includes(uncompressed);
}
