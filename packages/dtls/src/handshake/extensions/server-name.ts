import { DecodeError } from "../../codec/decode-error.ts";
import { Reader } from "../../codec/reader.ts";
import { Writer } from "../../codec/writer.ts";
import { type Extension, ExtensionType } from "./extension.ts";

const hostName = 0;

/** The name of the server that a client wants (RFC 6066 section 3). @param name ASCII without trailing dot. */
export function serverNameExtension(name: string): Extension {
  const bytes = Uint8Array.from(name, (character) => character.charCodeAt(0));
  const writer = new Writer().vector16((list) => list.uint8(hostName).opaque16(bytes));
  return { type: ExtensionType.serverName, data: writer.finish() };
}

/** The server's answer that it used the name. */
export function serverNameAcknowledgement(): Extension {
  return { type: ExtensionType.serverName, data: new Uint8Array(0) };
}

/** The host name in lower case; undefined when the list has none. @throws DecodeError, also for bytes that no name has. */
export function decodeServerName(data: Uint8Array): string | undefined {
  const reader = new Reader(data);
  let name: string | undefined;
  reader.vector16((list) => {
    while (list.remaining > 0) {
      const type = list.uint8();
      const bytes = list.opaque16(1);
      if (type !== hostName) continue;
      if (name !== undefined) throw new DecodeError("two host names");
      name = String.fromCharCode(...bytes).toLowerCase();
    }
  });
  reader.end();
  if (name !== undefined && !isHostName(name)) throw new DecodeError("the host name is none");
  return name;
}

/** Letters, digits, hyphens and underscores in labels of 63, 253 characters in all. */
export function isHostName(name: string): boolean {
  return name.length <= 253 && /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i.test(name);
}
