import type { Association } from "../association.ts";
import type { CipherSuite } from "../crypto/cipher-suites.ts";
import type { EndpointConfig } from "../endpoint-config.ts";
import { DtlsError } from "../errors.ts";
import { versionDtls12 } from "../record/record-header.ts";
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
}

/** The server's choice from a client's offer. @throws DtlsError or DecodeError where there is none. */
export function chooseFromOffer(hello: ClientHello, config: EndpointConfig): ServerAgreement {
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
  const choice = chooseKeyExchange(hello, config);
  return {
    choice,
    suite: choice.suite,
    extendedMasterSecret: agreeExtendedMasterSecret(hello.extensions, config),
    usesConnectionId,
    checksPath: usesConnectionId && agreePathChecks(hello.extensions, config),
    writeConnectionId: usesConnectionId ? peerConnectionId(offered, config) : undefined,
    sizes: chooseSizes(hello.extensions, config),
  };
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
  return extensions;
}

/** A client's agreement. */
export interface ClientAgreement extends Agreement {
  readonly types: CertificateTypes;
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
    extendedMasterSecret: agreeExtendedMasterSecret(hello.extensions, config),
    usesConnectionId: answered !== undefined,
    checksPath: answered !== undefined && agreePathChecks(hello.extensions, config),
    writeConnectionId: answered === undefined ? undefined : peerConnectionId(answered, config),
    sizes: acceptSizes(hello.extensions, config),
  };
}

/** Whether both sides have them (RFC 9853 section 4). */
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
