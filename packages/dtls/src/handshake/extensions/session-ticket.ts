import { copyBytes } from "../../copy-bytes.ts";
import { type Extension, ExtensionType } from "./extension.ts";

/** A client's ticket, or nothing where it only asks for one; a server promises one with nothing (RFC 5077 section 3.2). */
export function sessionTicketExtension(ticket: Uint8Array = new Uint8Array(0)): Extension {
  return { type: ExtensionType.sessionTicket, data: copyBytes(ticket) };
}
