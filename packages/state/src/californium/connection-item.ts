import { type CaliforniumAddress, decodeAddress, encodeAddress } from "./address-item.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { type CaliforniumContext, decodeContext, encodeContext } from "./context-item.ts";

/** A saved connection, field by field as Californium writes it. Holds secrets: never log it. */
export interface CaliforniumConnection {
  readonly resumptionRequired: boolean;
  /** On the clock of the stream's time mark. */
  readonly lastMessageNanos: bigint;
  /** The CID in records that this side receives, or a number of the store's own. */
  readonly connectionId: Uint8Array;
  readonly peer: CaliforniumAddress | undefined;
  readonly startingHello: CaliforniumStartingHello | undefined;
  readonly context: CaliforniumContext;
  /** Whether `connectionId` was negotiated. */
  readonly isConnectionIdUsed: boolean;
  /** Another connection has the same principal; undefined when not saved (older versions). */
  readonly isDoublePrincipal: boolean | undefined;
}

/** What tells a repeated ClientHello from a new one. */
export interface CaliforniumStartingHello {
  readonly messageSequence: number;
  /** 32 bytes. */
  readonly clientRandom: Uint8Array;
  /** On the clock of the stream's time mark. */
  readonly nanos: bigint;
}

const VERSION = 1;

/** The next connection, undefined at the end of the list. */
export function decodeConnection(reader: ByteReader): CaliforniumConnection | undefined {
  const item = reader.optionalItem([VERSION], 2, "connection");
  if (item === undefined) return undefined;
  const { content } = item;
  const connection: CaliforniumConnection = {
    resumptionRequired: content.flag("resumption required"),
    lastMessageNanos: content.int64("last message"),
    connectionId: content.var(1, "connection id"),
    peer: decodeAddress(content, "peer address"),
    startingHello: content.flag("starting ClientHello present")
      ? {
          messageSequence: content.uint(2, "starting ClientHello, message_seq"),
          clientRandom: content.var(1, "starting ClientHello, random", 32, 32),
          nanos: content.int64("starting ClientHello, time"),
        }
      : undefined,
    context: decodeContext(content),
    isConnectionIdUsed: content.flag("read CID used"),
    isDoublePrincipal: content.isAtEnd ? undefined : content.flag("double principal"),
  };
  content.finish("connection");
  return connection;
}

/** @throws CaliforniumStateError when it is too large for an item; what was written is cut off then. */
export function encodeConnection(writer: ByteWriter, connection: CaliforniumConnection): void {
  const start = writer.length;
  try {
    writer.item(VERSION, 2, () => {
      writer.flag(connection.resumptionRequired);
      writer.int64(connection.lastMessageNanos);
      writer.var(connection.connectionId, 1);
      encodeAddress(writer, connection.peer);
      const hello = connection.startingHello;
      writer.flag(hello !== undefined);
      if (hello !== undefined) {
        writer.uint(hello.messageSequence, 2);
        writer.var(hello.clientRandom, 1);
        writer.int64(hello.nanos);
      }
      encodeContext(writer, connection.context);
      writer.flag(connection.isConnectionIdUsed);
      if (connection.isDoublePrincipal !== undefined) writer.flag(connection.isDoublePrincipal);
    });
  } catch (error) {
    writer.cutTo(start);
    throw error;
  }
}
