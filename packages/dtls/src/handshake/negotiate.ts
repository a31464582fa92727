import type { Association } from "../association.ts";
import { copyBytes } from "../copy-bytes.ts";
import type { CipherSuite } from "../crypto/cipher-suites.ts";
import type { EndpointConfig } from "../endpoint-config.ts";
import type { EndpointCore } from "../endpoint-core.ts";
import { DtlsError } from "../errors.ts";
import { versionDtls12 } from "../record/record-header.ts";
import type { ClientSession, SavedSession } from "../resumption/saved-session.ts";
import { sessionKey } from "../resumption/session-cache.ts";
import {
  acceptCertificateTypes,
  type CertificateTypes,
  type ClientOffer,
  keyExchangeExtensions,
} from "./client-offer.ts";
import { connectionIdExtension, decodeConnectionId } from "./extensions/connection-id.ts";
import {
  checkExtendedMasterSecret,
  extendedMasterSecretExtension,
} from "./extensions/extended-master-secret.ts";
import { type Extension, ExtensionType, findExtension } from "./extensions/extension.ts";
import {
  emptyRenegotiationInfoScsv,
  isInitialRenegotiationInfo,
  renegotiationInfoExtension,
} from "./extensions/renegotiation-info.ts";
import {
  checkReturnRoutability,
  returnRoutabilityExtension,
} from "./extensions/return-routability.ts";
import { decodeServerName } from "./extensions/server-name.ts";
import { sessionTicketExtension } from "./extensions/session-ticket.ts";
import { type ClientHello, offeredCipherSuites } from "./messages/client-hello.ts";
import type { ServerHello } from "./messages/server-hello.ts";
import {
  acceptSizes,
  answeredSizes,
  chooseSizes,
  offeredSizes,
  type RecordSizes,
} from "./record-sizes.ts";
import { chooseKeyExchange, type ServerChoice } from "./server-choice.ts";

/** What both hellos agree on, in either role. */
export interface Agreement {
  readonly suite: CipherSuite;
  readonly extendedMasterSecret: boolean;
  /** The peer's CID, to be written into records; undefined when it wants none. */
  readonly writeConnectionId: Uint8Array | undefined;
  /** Whether records to this side carry its CID, if that is not empty. */
  readonly usesConnectionId: boolean;
  /** Return routability checks (RFC 9853), which need a CID. */
  readonly checksPath: boolean;
  readonly sizes: RecordSizes | undefined;
}

/** A server's agreement. */
export interface ServerAgreement extends Agreement {
  readonly choice: ServerChoice;
  /** What the client asked for, in lower case; empty for none. */
  readonly serverName: string;
  /** Of the ServerHello: the id of a session that is to be remembered, or the client's own when a session is resumed. */
  readonly sessionId: Uint8Array;
  /** The place of a session that is resumed by its id, or is to be; else empty. */
  readonly sessionKey: string;
  readonly sendsTicket: boolean;
}

/**
 * The server's choice from a client's offer.
 * @param session what is resumed. @throws DtlsError or DecodeError where there is no choice.
 */
export function chooseFromOffer(
  hello: ClientHello,
  core: EndpointCore,
  session: SavedSession | undefined,
): ServerAgreement {
  const { config } = core;
  // Versions of DTLS count downwards: 0xfefd is 1.2, everything above is older.
  if (hello.version >> 8 !== 0xfe || hello.version > versionDtls12) {
    throw new DtlsError("DTLS_PROTOCOL_VERSION", "the client does not speak DTLS 1.2");
  }
  if (!hello.compressionMethods.includes(0)) {
    throw new DtlsError("DTLS_ILLEGAL_PARAMETER", "the client insists on compression");
  }
  const renegotiation = findExtension(hello.extensions, ExtensionType.renegotiationInfo);
  if (renegotiation !== undefined && !isInitialRenegotiationInfo(renegotiation)) {
    throw new DtlsError("DTLS_HANDSHAKE_FAILURE", "renegotiation_info of a first handshake");
  }
  const offered = findExtension(hello.extensions, ExtensionType.connectionId);
  const usesConnectionId = offered !== undefined && config.connectionIdLength !== undefined;
  const choice =
    session === undefined ? chooseKeyExchange(hello, config) : choiceOf(session, config);
  const extendedMasterSecret = agreeExtendedMasterSecret(hello.extensions, config);
  return {
    choice,
    suite: choice.suite,
    ...agreeSession(hello, core, session, extendedMasterSecret),
    serverName: offeredServerName(hello.extensions),
    extendedMasterSecret,
    usesConnectionId,
    checksPath: usesConnectionId && agreePathChecks(hello.extensions, config),
    writeConnectionId: usesConnectionId ? peerConnectionId(offered, config) : undefined,
    sizes: chooseSizes(hello.extensions, config),
  };
}

/** A session brings its suite, and needs no key exchange. */
function choiceOf({ cipherSuite }: SavedSession, { cipherSuites }: EndpointConfig): ServerChoice {
  const suite = cipherSuites.find(({ id }) => id === cipherSuite);
  if (suite === undefined) throw new Error("the session's suite was checked before");
  const nothing = { group: undefined, proof: undefined, clientCertificateType: undefined };
  return { suite, ...nothing, extensions: [] };
}

/** How this session can be resumed later, or what was resumed. */
function agreeSession(
  { sessionId, extensions }: ClientHello,
  { config, tickets, sessions }: EndpointCore,
  session: SavedSession | undefined,
  isResumable: boolean,
): Pick<ServerAgreement, "sessionId" | "sessionKey" | "sendsTicket"> {
  const ticket = findExtension(extensions, ExtensionType.sessionTicket);
  if (session !== undefined) {
    // A client that sent an id beside its ticket learns from it that the ticket was taken (RFC 5077 section 3.4).
    const key = ticket === undefined || ticket.length === 0 ? sessionKey(sessionId) : "";
    return { sessionId: copyBytes(sessionId), sessionKey: key, sendsTicket: false };
  }
  const none = { sessionId: new Uint8Array(0), sessionKey: "" };
  if (!isResumable) return { ...none, sendsTicket: false };
  if (ticket !== undefined && tickets !== undefined) return { ...none, sendsTicket: true };
  if (!sessions.isEnabled) return { ...none, sendsTicket: false };
  const id = new Uint8Array(32);
  config.entropy.fill(id);
  return { sessionId: id, sessionKey: sessionKey(id), sendsTicket: false };
}

/** The host name of a client's hello in lower case, empty for none. @throws DecodeError */
export function offeredServerName(extensions: readonly Extension[]): string {
  const data = findExtension(extensions, ExtensionType.serverName);
  return (data && decodeServerName(data)) ?? "";
}

/** The extensions of the server's answer. */
export function answeredExtensions(
  hello: ClientHello,
  agreement: ServerAgreement,
  association: Association,
): readonly Extension[] {
  const extensions: Extension[] = [
    ...agreement.choice.extensions,
    ...answeredSizes(agreement.sizes),
  ];
  if (agreement.extendedMasterSecret) extensions.push(extendedMasterSecretExtension());
  if (agreement.sendsTicket) extensions.push(sessionTicketExtension());
  const asksForRenegotiationInfo =
    findExtension(hello.extensions, ExtensionType.renegotiationInfo) !== undefined ||
    offeredCipherSuites(hello).includes(emptyRenegotiationInfoScsv);
  if (asksForRenegotiationInfo) extensions.push(renegotiationInfoExtension());
  if (agreement.usesConnectionId) {
    extensions.push(connectionIdExtension(association.readConnectionId ?? new Uint8Array(0)));
  }
  if (agreement.checksPath) extensions.push(returnRoutabilityExtension());
  return extensions;
}

/** The extensions that a client offers. */
export function offeredExtensions(
  config: EndpointConfig,
  offer: ClientOffer,
  association: Association,
  session: ClientSession | undefined,
): readonly Extension[] {
  const extensions: Extension[] = [
    ...keyExchangeExtensions(offer, config),
    ...offeredSizes(config),
  ];
  if (config.extendedMasterSecret !== "disabled") extensions.push(extendedMasterSecretExtension());
  if (config.connectionIdLength !== undefined) {
    extensions.push(connectionIdExtension(association.readConnectionId ?? new Uint8Array(0)));
    if (config.returnRoutability !== "off") extensions.push(returnRoutabilityExtension());
  }
  if (offer.savesSession || session !== undefined) {
    extensions.push(sessionTicketExtension(session?.ticket));
  }
  return extensions;
}

/** A client's agreement. */
export interface ClientAgreement extends Agreement {
  readonly types: CertificateTypes;
  /** Of the ServerHello. */
  readonly sessionId: Uint8Array;
  /** The server promised a NewSessionTicket. */
  readonly expectsTicket: boolean;
  readonly savesSession: boolean;
  /** What the hello asked for, in lower case; empty for none. */
  readonly serverName: string;
}

/**
 * The client's check of the server's choice.
 * @param offered the extensions of the client's hello. @throws DtlsError or DecodeError.
 */
export function acceptChoice(
  hello: ServerHello,
  offered: readonly Extension[],
  offer: ClientOffer,
  config: EndpointConfig,
): ClientAgreement {
  if (hello.version !== versionDtls12) {
    throw new DtlsError("DTLS_PROTOCOL_VERSION", "the server did not choose DTLS 1.2");
  }
  const suite = offer.suites.find((row) => row.id === hello.cipherSuite);
  if (suite === undefined || hello.compressionMethod !== 0) {
    throw new DtlsError("DTLS_ILLEGAL_PARAMETER", "the server chose what was not offered");
  }
  // The suite that stands for renegotiation_info is always offered.
  const wasOffered = (type: number): boolean =>
    findExtension(offered, type) !== undefined || type === ExtensionType.renegotiationInfo;
  for (const { type } of hello.extensions) {
    if (!wasOffered(type)) {
      throw new DtlsError("DTLS_UNSUPPORTED_EXTENSION", `extension ${type} was not offered`);
    }
  }
  const renegotiation = findExtension(hello.extensions, ExtensionType.renegotiationInfo);
  if (renegotiation !== undefined && !isInitialRenegotiationInfo(renegotiation)) {
    throw new DtlsError("DTLS_HANDSHAKE_FAILURE", "renegotiation_info of a first handshake");
  }
  const answered = findExtension(hello.extensions, ExtensionType.connectionId);
  return {
    suite,
    types: acceptCertificateTypes(hello.extensions, offer),
    sessionId: copyBytes(hello.sessionId),
    expectsTicket: findExtension(hello.extensions, ExtensionType.sessionTicket) !== undefined,
    savesSession: offer.savesSession,
    serverName: offer.sentServerName,
    extendedMasterSecret: agreeExtendedMasterSecret(hello.extensions, config),
    usesConnectionId: answered !== undefined,
    checksPath: answered !== undefined && agreePathChecks(hello.extensions, config),
    writeConnectionId: answered === undefined ? undefined : peerConnectionId(answered, config),
    sizes: acceptSizes(hello.extensions, config),
  };
}

/** Whether both sides have them (RFC 9853 section 3). */
function agreePathChecks(extensions: readonly Extension[], config: EndpointConfig): boolean {
  const data = findExtension(extensions, ExtensionType.returnRoutability);
  if (data !== undefined) checkReturnRoutability(data);
  return data !== undefined && config.returnRoutability !== "off";
}

/** Whether both sides have it (RFC 7627 section 5.2 and 5.3). */
function agreeExtendedMasterSecret(
  extensions: readonly Extension[],
  config: EndpointConfig,
): boolean {
  const data = findExtension(extensions, ExtensionType.extendedMasterSecret);
  if (data !== undefined) checkExtendedMasterSecret(data);
  if (data === undefined && config.extendedMasterSecret === "required") {
    throw new DtlsError("DTLS_HANDSHAKE_FAILURE", "the peer has no extended master secret");
  }
  return data !== undefined && config.extendedMasterSecret !== "disabled";
}

/** A record without content takes up to 38 bytes beside the CID; 64 bytes of content must fit too. */
const LARGEST_RECORD_OVERHEAD = 38;
const SMALLEST_PAYLOAD = 64;

function peerConnectionId(data: Uint8Array, config: EndpointConfig): Uint8Array | undefined {
  const cid = decodeConnectionId(data);
  if (cid.length > config.mtu - LARGEST_RECORD_OVERHEAD - SMALLEST_PAYLOAD) {
    throw new DtlsError("DTLS_ILLEGAL_PARAMETER", "the peer's CID leaves no room in a datagram");
  }
  return cid.length === 0 ? undefined : cid;
}
