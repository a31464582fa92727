import { copyBytes } from "../copy-bytes.ts";
import { type OwnCredential, parseCredentials } from "../credential.ts";
import type { CipherSuite } from "../crypto/cipher-suites.ts";
import type { CertificateType } from "../crypto/provider.ts";
import { offeredSchemes } from "../crypto/signature-schemes.ts";
import type { ConnectOptions } from "../endpoint.ts";
import { type EndpointConfig, parseTypes } from "../endpoint-config.ts";
import { DtlsError, DtlsUsageError } from "../errors.ts";
import { certificateTypesExtension, decodeCertificateType } from "./extensions/certificate-type.ts";
import { type Extension, ExtensionType, findExtension } from "./extensions/extension.ts";
import { numberListExtension } from "./extensions/number-list.ts";
import { pointFormatsExtension, takesUncompressedPoints } from "./extensions/point-formats.ts";
import { isHostName, serverNameExtension } from "./extensions/server-name.ts";
import { checkPsk } from "./psk.ts";

/** What a client can do and expects in one handshake. */
export interface ClientOffer {
  readonly suites: readonly CipherSuite[];
  /** Wiped when the key exchange has used it. */
  readonly psk: Uint8Array | undefined;
  readonly pskIdentity: Uint8Array;
  readonly serverCertificateTypes: readonly CertificateType[];
  readonly serverName: string | undefined;
  /** The name that the hello carries, in lower case; empty for none. */
  readonly sentServerName: string;
  readonly credentials: readonly OwnCredential[];
  readonly session: Uint8Array | undefined;
  readonly savesSession: boolean;
}

/** What a server agreed to of it. */
export interface CertificateTypes {
  readonly server: CertificateType;
  readonly client: CertificateType;
}

/** RFC 4279 section 5.3: what an implementation must support, and what this one does. */
const MAX_IDENTITY_LENGTH = 128;

/** @throws DtlsUsageError naming the option that is not acceptable. */
export function parseConnectOptions(options: ConnectOptions, config: EndpointConfig): ClientOffer {
  const { psk, pskIdentity = new Uint8Array(0), serverName } = options;
  if (psk !== undefined) checkPsk(psk);
  if (pskIdentity.length > MAX_IDENTITY_LENGTH) {
    throw new DtlsUsageError(
      `pskIdentity has ${pskIdentity.length} bytes, but must have 0 to ${MAX_IDENTITY_LENGTH} bytes`,
    );
  }
  if (serverName !== undefined && !isHostName(serverName)) {
    throw new DtlsUsageError(`serverName is ${serverName}, but must be a host name`);
  }
  const serverCertificateTypes = parseTypes(
    "serverCertificateTypes",
    options.serverCertificateTypes ?? (psk === undefined ? ["x509"] : []),
  );
  const suites = config.cipherSuites.filter(({ keyExchange }) =>
    keyExchange === "ecdhe-ecdsa" ? serverCertificateTypes.length > 0 : psk !== undefined,
  );
  if (suites.length === 0) {
    throw new DtlsUsageError(
      "connect: no cipher suite fits, psk is needed for PSK suites and serverCertificateTypes for the others",
    );
  }
  return {
    suites,
    psk: psk && copyBytes(psk),
    pskIdentity: psk === undefined ? new Uint8Array(0) : copyBytes(pskIdentity),
    serverCertificateTypes,
    serverName,
    sentServerName: hasCertificates(suites) ? (serverName?.toLowerCase() ?? "") : "",
    session: options.session,
    savesSession: options.savesSession ?? options.session !== undefined,
    credentials: parseCredentials("credentials", options.credentials ?? [], config.crypto),
  };
}

/** The extensions for key exchange and certificates. */
export function keyExchangeExtensions(
  offer: ClientOffer,
  config: EndpointConfig,
): readonly Extension[] {
  const extensions: Extension[] = [];
  if (!offer.suites.some(({ keyExchange }) => keyExchange !== "psk")) return extensions;
  const groups = config.groups.map(({ id }) => id);
  extensions.push(numberListExtension(ExtensionType.supportedGroups, groups));
  extensions.push(pointFormatsExtension());
  if (!hasCertificates(offer.suites)) return extensions;
  extensions.push(numberListExtension(ExtensionType.signatureAlgorithms, offeredSchemes));
  if (offer.serverName !== undefined) extensions.push(serverNameExtension(offer.serverName));
  // Silence stands for X.509 alone (RFC 7250 section 3).
  const { serverCertificateTypes } = offer;
  if (serverCertificateTypes.includes("raw-public-key")) {
    const type = ExtensionType.serverCertificateType;
    extensions.push(certificateTypesExtension(type, serverCertificateTypes));
  }
  const clientTypes = clientCertificateTypes(offer);
  if (clientTypes.includes("raw-public-key")) {
    const type = ExtensionType.clientCertificateType;
    extensions.push(certificateTypesExtension(type, clientTypes));
  }
  return extensions;
}

function hasCertificates(suites: readonly CipherSuite[]): boolean {
  return suites.some(({ keyExchange }) => keyExchange === "ecdhe-ecdsa");
}

/** Checks the server's answers. @throws DtlsError or DecodeError */
export function acceptCertificateTypes(
  extensions: readonly Extension[],
  offer: ClientOffer,
): CertificateTypes {
  const formats = findExtension(extensions, ExtensionType.pointFormats);
  if (formats !== undefined && !takesUncompressedPoints(formats)) {
    throw new DtlsError("DTLS_ILLEGAL_PARAMETER", "the server takes no uncompressed points");
  }
  const typeOf = (extension: number): CertificateType => {
    const data = findExtension(extensions, extension);
    return data === undefined ? "x509" : decodeCertificateType(data);
  };
  const types = {
    server: typeOf(ExtensionType.serverCertificateType),
    client: typeOf(ExtensionType.clientCertificateType),
  };
  const hasOffered =
    types.client === "x509" || clientCertificateTypes(offer).includes(types.client);
  if (!hasOffered) {
    throw new DtlsError("DTLS_ILLEGAL_PARAMETER", "the server chose what was not offered");
  }
  return types;
}

function clientCertificateTypes({ credentials }: ClientOffer): readonly CertificateType[] {
  return [...new Set(credentials.map(({ credential }) => credential.type))];
}
