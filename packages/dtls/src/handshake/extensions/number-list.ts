import { DecodeError } from "../../codec/decode-error.ts";
import { Reader } from "../../codec/reader.ts";
import { Writer } from "../../codec/writer.ts";
import type { Extension, ExtensionType } from "./extension.ts";

/** supported_groups (RFC 8422 section 5.1.1) and signature_algorithms (RFC 5246 section 7.4.1.4.1) are lists of one form. */
export function numberListExtension(
  type: typeof ExtensionType.supportedGroups | typeof ExtensionType.signatureAlgorithms,
  numbers: readonly number[],
): Extension {
  const writer = new Writer().vector16((list) => {
    for (const number of numbers) list.uint16(number);
  });
  return { type, data: writer.finish() };
}

/** @throws DecodeError for a list that is empty or does not parse. */
export function decodeNumberList(data: Uint8Array): readonly number[] {
  const reader = new Reader(data);
  const list = new Reader(reader.opaque16(2));
  reader.end();
  if (list.remaining % 2 !== 0) throw new DecodeError("a list of numbers has an odd length");
  const numbers: number[] = [];
  while (list.remaining > 0) numbers.push(list.uint16());
  return numbers;
}
