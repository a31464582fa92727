import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { type CaliforniumPrincipal, decodePrincipal, encodePrincipal } from "./principal.ts";
import { type CaliforniumSecret, decodeOptionalSecret, encodeSecret } from "./secret.ts";

/** What a handshake agreed on (DTLSSession item). */
export interface CaliforniumSession {
  readonly version: 2 | 3;
  /** Wall-clock milliseconds since 1970. */
  readonly creationTimeMs: number;
  /** Names that the client asked for (RFC 6066 section 3), undefined when it sent none. */
  readonly serverNames: readonly Uint8Array[] | undefined;
  /** RFC 8449, 0xFFFF when not negotiated. */
  readonly recordSizeLimit: number;
  /** RFC 6066 section 4, 0x4000 when not negotiated. */
  readonly maxFragmentLength: number;
  /** 0 to 32 bytes; empty when the session cannot be resumed. */
  readonly sessionId: Uint8Array;
  /** IANA number. */
  readonly cipherSuite: number;
  readonly compression: number;
  /** 0 for X.509, 2 for raw public keys; without meaning in PSK suites. */
  readonly sendCertificateType: number;
  readonly receiveCertificateType: number;
  /** RFC 5746; not saved in version 2. */
  readonly secureRenegotiation: boolean | undefined;
  readonly extendedMasterSecret: boolean;
  /** Saved only for sessions that can be resumed. */
  readonly masterSecret: CaliforniumSecret | undefined;
  readonly signatureAlgorithm: { readonly hash: number; readonly signature: number } | undefined;
  /** IANA number of the key agreement's group. */
  readonly group: number | undefined;
  readonly peerIdentity: CaliforniumPrincipal | undefined;
}

const HOST_NAME = 0;
const MASTER_SECRET_LENGTH = 48;
const MAX_CERTIFICATE_TYPE = 2;

export function decodeSession(reader: ByteReader): CaliforniumSession {
  const { version, content } = reader.item([2, 3], 2, "DTLSSession");
  const session: CaliforniumSession = {
    version: version === 2 ? 2 : 3,
    creationTimeMs: content.amount64("creation time"),
    serverNames: content.flag("server names present") ? decodeServerNames(content) : undefined,
    recordSizeLimit: content.uint(2, "record size limit"),
    maxFragmentLength: content.uint(2, "max fragment length"),
    sessionId: content.var(1, "session id", 0, 32),
    cipherSuite: content.uint(2, "cipher suite"),
    compression: content.uintUpTo(1, 1, "compression"),
    sendCertificateType: certificateType(content, "send certificate type"),
    receiveCertificateType: certificateType(content, "receive certificate type"),
    secureRenegotiation: version === 2 ? undefined : content.flag("secure renegotiation"),
    extendedMasterSecret: content.flag("extended master secret"),
    masterSecret: decodeOptionalSecret(content, MASTER_SECRET_LENGTH, ["MAC"], "master secret"),
    signatureAlgorithm: content.flag("signature algorithm present")
      ? { hash: content.uint(1, "hash"), signature: content.uint(1, "signature") }
      : undefined,
    group: content.flag("group present") ? content.uint(2, "group") : undefined,
    peerIdentity: content.flag("peer identity present")
      ? decodePrincipal(content, "peer identity")
      : undefined,
  };
  content.finish("DTLSSession");
  return session;
}

function certificateType(content: ByteReader, field: string): number {
  return content.uintUpTo(MAX_CERTIFICATE_TYPE, 1, field);
}

function decodeServerNames(content: ByteReader): Uint8Array[] {
  const field = "server names";
  const end = content.uint(2, field) + content.offset;
  const names: Uint8Array[] = [];
  while (content.offset < end) {
    const from = content.offset;
    const type = content.uint(1, field);
    if (type !== HOST_NAME) content.failAt(from, `name type ${type} is unknown`, field);
    names.push(content.bytes(content.uint(2, field), field));
  }
  if (content.offset !== end) content.fail("the list does not end with its last name", field);
  return names;
}

export function encodeSession(writer: ByteWriter, session: CaliforniumSession): void {
  writer.item(session.version, 2, () => {
    writer.int64(BigInt(session.creationTimeMs));
    encodeServerNames(writer, session.serverNames);
    writer.uint(session.recordSizeLimit, 2);
    writer.uint(session.maxFragmentLength, 2);
    writer.var(session.sessionId, 1);
    writer.uint(session.cipherSuite, 2);
    writer.uint(session.compression, 1);
    writer.uint(session.sendCertificateType, 1);
    writer.uint(session.receiveCertificateType, 1);
    if (session.version === 3) writer.flag(session.secureRenegotiation ?? false);
    writer.flag(session.extendedMasterSecret);
    encodeSecret(writer, session.masterSecret);
    writer.flag(session.signatureAlgorithm !== undefined);
    if (session.signatureAlgorithm !== undefined) {
      writer.uint(session.signatureAlgorithm.hash, 1);
      writer.uint(session.signatureAlgorithm.signature, 1);
    }
    writer.flag(session.group !== undefined);
    if (session.group !== undefined) writer.uint(session.group, 2);
    writer.flag(session.peerIdentity !== undefined);
    if (session.peerIdentity !== undefined) encodePrincipal(writer, session.peerIdentity);
  });
}

function encodeServerNames(writer: ByteWriter, names: readonly Uint8Array[] | undefined): void {
  writer.flag(names !== undefined);
  if (names === undefined) return;
  writer.uint(
    names.reduce((sum, name) => sum + 3 + name.length, 0),
    2,
  );
  for (const name of names) {
    writer.uint(HOST_NAME, 1);
    writer.uint(name.length, 2);
    writer.bytes(name);
  }
}
