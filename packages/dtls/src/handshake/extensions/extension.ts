import { DecodeError } from "../../codec/decode-error.ts";
import type { Reader } from "../../codec/reader.ts";
import type { Writer } from "../../codec/writer.ts";

/** Extension numbers that this engine knows (IANA TLS ExtensionType values). */
export const ExtensionType = {
  serverName: 0,
  maxFragmentLength: 1,
  supportedGroups: 10,
  pointFormats: 11,
  signatureAlgorithms: 13,
  clientCertificateType: 19,
  serverCertificateType: 20,
  extendedMasterSecret: 23,
  recordSizeLimit: 28,
  sessionTicket: 35,
  connectionId: 54,
  returnRoutability: 61,
  renegotiationInfo: 0xff01,
} as const;
export type ExtensionType = (typeof ExtensionType)[keyof typeof ExtensionType];

/** An extension as it stands on the wire; `data` is a view after decoding. */
export interface Extension {
  readonly type: number;
  readonly data: Uint8Array;
}

/**
 * Reads the extensions at the end of a hello, none when the hello ends here (RFC 5246 section 7.4.1.4).
 * @throws DecodeError for a type that occurs twice.
 */
export function decodeExtensions(reader: Reader): readonly Extension[] {
  if (reader.remaining === 0) return [];
  return reader.vector16((list) => {
    const extensions: Extension[] = [];
    const seen = new Set<number>();
    while (list.remaining > 0) {
      const type = list.uint16();
      if (seen.has(type)) throw new DecodeError(`extension ${type} occurs twice`);
      seen.add(type);
      extensions.push({ type, data: list.opaque16() });
    }
    return extensions;
  });
}

/** Writes the extensions of a hello; nothing at all when there are none. */
export function encodeExtensions(writer: Writer, extensions: readonly Extension[]): void {
  if (extensions.length === 0) return;
  writer.vector16((list) => {
    for (const { type, data } of extensions) list.uint16(type).opaque16(data);
  });
}

/** The data of the extension of this type, undefined when it is not in the list. */
export function findExtension(
  extensions: readonly Extension[],
  type: number,
): Uint8Array | undefined {
  for (const extension of extensions) if (extension.type === type) return extension.data;
  return undefined;
}
