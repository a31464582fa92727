import { DecodeError } from "../codec/decode-error.ts";
import { Reader } from "../codec/reader.ts";
import { Writer } from "../codec/writer.ts";
import { copyBytes } from "../copy-bytes.ts";
import type { PeerCertificate } from "../credential.ts";
import { masterSecretLength } from "../crypto/key-schedule.ts";

/**
 * What later handshakes take over from a session. All sessions have an extended master secret: those without are never
 * saved (RFC 7627 section 5.3). Connection IDs and record sizes belong to the hellos, never to a session.
 */
export interface SavedSession {
  /** IANA number of the suite. */
  readonly cipherSuite: number;
  /** 48 bytes. */
  readonly masterSecret: Uint8Array;
  /** Wall-clock milliseconds since 1970 of the full handshake; a resumption does not change it. */
  readonly createdAt: number;
  /** The host name in the client's hello, in lower case; empty for none. */
  readonly serverName: string;
  /** Empty without PSK. */
  readonly pskIdentity: Uint8Array;
  /** The peer's, that was accepted. */
  readonly peerCertificate: PeerCertificate | undefined;
}

/** A session as a client keeps it. */
export interface ClientSession extends SavedSession {
  /** Empty where there is a ticket alone. */
  readonly sessionId: Uint8Array;
  /** Empty where there is an id alone. */
  readonly ticket: Uint8Array;
  /** Wall-clock milliseconds since 1970. */
  readonly expiresAt: number;
}

/** The first byte of each form. */
const VERSION = 1;
const types = [undefined, "x509", "raw-public-key"] as const;
const MAX_CHAIN_LENGTH = 100;

/** The plaintext of a ticket, and what a server's cache holds. Holds secrets. */
export function encodeSession(session: SavedSession): Uint8Array {
  const writer = new Writer();
  writeSession(writer, session);
  return writer.finish();
}

/** @throws DecodeError also for another version. */
export function decodeSession(bytes: Uint8Array): SavedSession {
  const reader = new Reader(bytes);
  const session = readSession(reader);
  reader.end();
  return session;
}

/** The form in which a client's owner keeps a session. Holds secrets. */
export function encodeClientSession(session: ClientSession): Uint8Array {
  const writer = new Writer();
  writeSession(writer, session);
  writer.opaque8(session.sessionId).opaque16(session.ticket).uint48(session.expiresAt);
  return writer.finish();
}

/** @throws DecodeError also for another version. */
export function decodeClientSession(bytes: Uint8Array): ClientSession {
  const reader = new Reader(bytes);
  const session = readSession(reader);
  const sessionId = copyBytes(reader.opaque8(0, 32));
  const ticket = copyBytes(reader.opaque16());
  const expiresAt = readUint48(reader);
  reader.end();
  return { ...session, sessionId, ticket, expiresAt };
}

function writeSession(writer: Writer, session: SavedSession): void {
  const { cipherSuite, masterSecret, createdAt, serverName, pskIdentity } = session;
  const { type, chain = [] } = session.peerCertificate ?? {};
  writer.uint8(VERSION).uint16(cipherSuite).bytes(masterSecret).uint48(Math.floor(createdAt));
  writer.opaque8(Uint8Array.from(serverName, (character) => character.charCodeAt(0)));
  writer.opaque8(pskIdentity).uint8(types.indexOf(type));
  writer.vector24((list) => {
    for (const der of chain) list.opaque24(der);
  });
}

function readSession(reader: Reader): SavedSession {
  if (reader.uint8() !== VERSION) throw new DecodeError("the session has another version");
  const cipherSuite = reader.uint16();
  const masterSecret = copyBytes(reader.bytes(masterSecretLength));
  const createdAt = readUint48(reader);
  const serverName = String.fromCharCode(...reader.opaque8());
  const pskIdentity = copyBytes(reader.opaque8());
  const typeNumber = reader.uint8();
  const type = types[typeNumber];
  const chain: Uint8Array[] = [];
  reader.vector24((list) => {
    while (list.remaining > 0) chain.push(copyBytes(list.opaque24(1)));
  });
  const hasChain = chain.length > 0 && chain.length <= MAX_CHAIN_LENGTH;
  if (typeNumber >= types.length || hasChain !== (type !== undefined)) {
    throw new DecodeError("the session's certificate is not one");
  }
  const peerCertificate = type && { type, chain };
  return { cipherSuite, masterSecret, createdAt, serverName, pskIdentity, peerCertificate };
}

function readUint48(reader: Reader): number {
  return reader.uint16() * 2 ** 32 + reader.uint32();
}
