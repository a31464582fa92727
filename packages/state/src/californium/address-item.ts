import { utf8Bytes } from "../utf8.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

/** A peer's address: 4 or 16 octets, or the name of a host that was never resolved. */
export type CaliforniumAddress =
  | { readonly port: number; readonly octets: Uint8Array }
  | { readonly port: number; readonly hostName: string };

const VERSION = 1;
const LITERAL = 1;
const UNRESOLVED = 2;

/** Undefined when no address is saved. */
export function decodeAddress(reader: ByteReader, field: string): CaliforniumAddress | undefined {
  const item = reader.optionalItem([VERSION], 1, field);
  if (item === undefined) return undefined;
  const { content } = item;
  const port = content.uint(2, `${field}, port`);
  const kind = content.uint(1, `${field}, type`);
  const from = content.offset;
  const octets = content.rest(field);
  if (kind === LITERAL) {
    if (octets.length !== 4 && octets.length !== 16) {
      return reader.failAt(from, `${octets.length} bytes instead of 4 or 16`, field);
    }
    return { port, octets };
  }
  if (kind !== UNRESOLVED) return reader.failAt(from - 1, `type ${kind} is unknown`, field);
  let hostName = "";
  for (const octet of octets) {
    if (octet < 0x21 || octet > 0x7e) return reader.failAt(from, "it is no host name", field);
    hostName += String.fromCharCode(octet);
  }
  return { port, hostName };
}

export function encodeAddress(writer: ByteWriter, address: CaliforniumAddress | undefined): void {
  if (address === undefined) {
    writer.uint(0, 1);
    return;
  }
  writer.item(VERSION, 1, () => {
    writer.uint(address.port, 2);
    const isLiteral = "octets" in address;
    writer.uint(isLiteral ? LITERAL : UNRESOLVED, 1);
    writer.bytes(isLiteral ? address.octets : utf8Bytes(address.hostName));
  });
}
