import { credentialsFor, type OwnCredential } from "../credential.ts";
import type { CipherSuite } from "../crypto/cipher-suites.ts";
import type { NamedGroup } from "../crypto/named-groups.ts";
import type { CertificateType } from "../crypto/provider.ts";
import { chooseScheme, type SignatureSchemeRow } from "../crypto/signature-schemes.ts";
import type { EndpointConfig } from "../endpoint-config.ts";
import { DtlsError } from "../errors.ts";
import { certificateTypeExtension, decodeCertificateTypes } from "./extensions/certificate-type.ts";
import { type Extension, ExtensionType, findExtension } from "./extensions/extension.ts";
import { decodeNumberList } from "./extensions/number-list.ts";
import { pointFormatsExtension, takesUncompressedPoints } from "./extensions/point-formats.ts";
import { decodeServerName, serverNameAcknowledgement } from "./extensions/server-name.ts";
import { type ClientHello, offeredCipherSuites } from "./messages/client-hello.ts";

/** How a server shows who it is. */
export interface OwnProof {
  readonly own: OwnCredential;
  readonly scheme: SignatureSchemeRow;
}

/** A server's choice of suite, and of what belongs to its key exchange. */
export interface ServerChoice {
  readonly suite: CipherSuite;
  /** Of an ECDHE suite. */
  readonly group: NamedGroup | undefined;
  /** Of an ECDHE_ECDSA suite. */
  readonly proof: OwnProof | undefined;
  /** What the client is asked for; undefined when it is not. */
  readonly clientCertificateType: CertificateType | undefined;
  /** Answers to what the client offered for the key exchange. */
  readonly extensions: readonly Extension[];
}

/** What a client offers for ECDHE and certificates. Absent extensions stand for what their RFCs say. */
interface Offer {
  readonly groups: readonly number[] | undefined;
  readonly schemes: readonly number[];
  readonly serverName: string | undefined;
  readonly serverTypes: readonly CertificateType[];
  readonly clientTypes: readonly CertificateType[];
}

/**
 * The first suite of the client that the server has, with everything that the suite needs: client preference wins, as in
 * the servers that deployed clients know. @throws DtlsError or DecodeError where there is none.
 */
export function chooseKeyExchange(hello: ClientHello, config: EndpointConfig): ServerChoice {
  const offer = readOffer(hello);
  const group = chooseGroup(offer, config);
  const own = credentialsFor(offer.serverName, config.credentials);
  const proof = chooseProof(offer, own, group);
  for (const id of offeredCipherSuites(hello)) {
    const suite = config.cipherSuites.find((row) => row.id === id);
    if (suite === undefined) continue;
    if (suite.keyExchange === "psk") return withoutCertificates(suite, undefined, []);
    if (group === undefined) continue;
    const extensions = formatsAnswer(hello);
    if (suite.keyExchange === "ecdhe-psk") return withoutCertificates(suite, group, extensions);
    if (proof !== undefined) return withCertificates(hello, offer, config, suite, group, proof);
  }
  if (offer.serverName !== undefined && own.length === 0 && config.credentials.length > 0) {
    throw new DtlsError("DTLS_UNRECOGNIZED_NAME", "there is no certificate for the name asked for");
  }
  throw new DtlsError("DTLS_HANDSHAKE_FAILURE", "no cipher suite in common");
}

function withoutCertificates(
  suite: CipherSuite,
  group: NamedGroup | undefined,
  extensions: readonly Extension[],
): ServerChoice {
  return { suite, group, proof: undefined, clientCertificateType: undefined, extensions };
}

function withCertificates(
  hello: ClientHello,
  offer: Offer,
  config: EndpointConfig,
  suite: CipherSuite,
  group: NamedGroup,
  proof: OwnProof,
): ServerChoice {
  const extensions = [...formatsAnswer(hello)];
  const { type, serverNames = [] } = proof.own.credential;
  if (serverNames.length > 0) extensions.push(serverNameAcknowledgement());
  const answers = (offered: number): boolean =>
    findExtension(hello.extensions, offered) !== undefined;
  if (answers(ExtensionType.serverCertificateType)) {
    extensions.push(certificateTypeExtension(ExtensionType.serverCertificateType, type));
  }
  const clientCertificateType = chooseClientType(offer, config);
  if (clientCertificateType !== undefined && answers(ExtensionType.clientCertificateType)) {
    const kind = ExtensionType.clientCertificateType;
    extensions.push(certificateTypeExtension(kind, clientCertificateType));
  }
  return { suite, group, proof, clientCertificateType, extensions };
}

function readOffer({ extensions }: ClientHello): Offer {
  const groups = findExtension(extensions, ExtensionType.supportedGroups);
  const schemes = findExtension(extensions, ExtensionType.signatureAlgorithms);
  const name = findExtension(extensions, ExtensionType.serverName);
  const serverTypes = findExtension(extensions, ExtensionType.serverCertificateType);
  const clientTypes = findExtension(extensions, ExtensionType.clientCertificateType);
  const formats = findExtension(extensions, ExtensionType.pointFormats);
  if (formats !== undefined && !takesUncompressedPoints(formats)) {
    throw new DtlsError("DTLS_ILLEGAL_PARAMETER", "the client takes no uncompressed points");
  }
  return {
    groups: groups && decodeNumberList(groups),
    // Without the extension only SHA-1 is sure to be known (RFC 5246 section 7.4.1.4.1), which is not signed with any more.
    schemes: schemes === undefined ? [] : decodeNumberList(schemes),
    serverName: name && decodeServerName(name),
    serverTypes: serverTypes === undefined ? ["x509"] : decodeCertificateTypes(serverTypes),
    clientTypes: clientTypes === undefined ? ["x509"] : decodeCertificateTypes(clientTypes),
  };
}

/** The server's order decides. A client without the extension takes any (RFC 8422 section 4): P-256 if it can be that. */
function chooseGroup({ groups }: Offer, config: EndpointConfig): NamedGroup | undefined {
  if (groups !== undefined) return config.groups.find(({ id }) => groups.includes(id));
  return config.groups.find(({ name }) => name === "secp256r1") ?? config.groups[0];
}

/** The first credential of the client's best type whose key and signature the client can verify. */
function chooseProof(
  { groups, schemes, serverTypes }: Offer,
  credentials: readonly OwnCredential[],
  group: NamedGroup | undefined,
): OwnProof | undefined {
  if (group === undefined) return undefined;
  for (const type of serverTypes) {
    for (const own of credentials) {
      const { algorithm, credential } = own;
      // The key's curve has to be one of the client's, too (RFC 8422 section 5.1).
      const curve = algorithm === "secp256r1" ? 23 : algorithm === "secp384r1" ? 24 : undefined;
      const isKnown = curve === undefined || groups === undefined || groups.includes(curve);
      if (credential.type !== type || algorithm === "rsa" || !isKnown) continue;
      const scheme = chooseScheme(algorithm, schemes);
      if (scheme !== undefined) return { own, scheme };
    }
  }
  return undefined;
}

function chooseClientType(offer: Offer, config: EndpointConfig): CertificateType | undefined {
  const { clientAuthentication, clientCertificateTypes } = config;
  if (clientAuthentication === "none") return undefined;
  const type = offer.clientTypes.find((candidate) => clientCertificateTypes.includes(candidate));
  if (type === undefined && clientAuthentication === "required") {
    // RFC 7250 section 4.2.
    const message = "the client has no certificate of an accepted type";
    throw new DtlsError("DTLS_UNSUPPORTED_CERTIFICATE", message);
  }
  return type;
}

function formatsAnswer(hello: ClientHello): readonly Extension[] {
  const offers = findExtension(hello.extensions, ExtensionType.pointFormats) !== undefined;
  return offers ? [pointFormatsExtension()] : [];
}
