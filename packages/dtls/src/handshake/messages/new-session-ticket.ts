import { Reader } from "../../codec/reader.ts";
import { Writer } from "../../codec/writer.ts";

/** RFC 5077 section 3.3. The ticket is a view after decoding. */
export interface NewSessionTicket {
  /** Seconds that the server means to accept it; 0 for a server that does not say. */
  readonly lifetimeHint: number;
  /** 0 to 65,535 bytes; empty where the server changed its mind. */
  readonly ticket: Uint8Array;
}

/** @throws DecodeError */
export function decodeNewSessionTicket(body: Uint8Array): NewSessionTicket {
  const reader = new Reader(body);
  const lifetimeHint = reader.uint32();
  const ticket = reader.opaque16();
  reader.end();
  return { lifetimeHint, ticket };
}

export function encodeNewSessionTicket({ lifetimeHint, ticket }: NewSessionTicket): Uint8Array {
  return new Writer().uint32(lifetimeHint).opaque16(ticket).finish();
}
