import type { CertificateType, CryptoProvider, PublicKeyAlgorithm } from "./crypto/provider.ts";
import { DtlsUsageError } from "./errors.ts";
import { isHostName } from "./handshake/extensions/server-name.ts";

/** What a peer showed, and proved to have the key of. */
export interface PeerCertificate {
  readonly type: CertificateType;
  /** DER: certificates, the peer's own first, or the one SubjectPublicKeyInfo. */
  readonly chain: readonly Uint8Array[];
}

/** A certificate with its chain, or a raw public key. The private key stays with whoever answers "signature-needed". */
export interface Credential {
  readonly type: CertificateType;
  /** DER: certificates, the own one first, the root left out; or one SubjectPublicKeyInfo. */
  readonly chain: readonly Uint8Array[];
  /**
   * Host names that a server uses it for, `*.` for any one label in front. Default: for all names that no other credential
   * has, and for clients that name none.
   */
  readonly serverNames?: readonly string[];
}

/** A credential after its check. */
export interface OwnCredential {
  readonly credential: Credential;
  readonly algorithm: PublicKeyAlgorithm;
  readonly serverNames: readonly string[];
}

/** @throws DtlsUsageError naming `option` for a chain whose first key is not accepted. */
export function parseCredentials(
  option: string,
  credentials: readonly Credential[],
  crypto: CryptoProvider,
): readonly OwnCredential[] {
  return credentials.map((credential, index) => {
    const where = `${option}[${index}]`;
    const { type, chain, serverNames = [] } = credential;
    const [own] = chain;
    const key = own && crypto.publicKey(type, own);
    if (key === undefined || (type === "raw-public-key" && chain.length !== 1)) {
      throw new DtlsUsageError(
        `${where}.chain is not usable, but must begin with a ${type} of P-256, P-384, Ed25519 or RSA from 2048 bits`,
      );
    }
    for (const name of serverNames) {
      if (!isHostName(name.replace(/^\*\./, ""))) {
        throw new DtlsUsageError(
          `${where}.serverNames has ${name}, but must have host names, with *. in front or without`,
        );
      }
    }
    const lowered = serverNames.map((name) => name.toLowerCase());
    return { credential, algorithm: key.algorithm, serverNames: lowered };
  });
}

/** The credentials for a name: those that list it, else those that list none. */
export function credentialsFor(
  name: string | undefined,
  credentials: readonly OwnCredential[],
): readonly OwnCredential[] {
  const named = credentials.filter(
    ({ serverNames }) => name !== undefined && serverNames.some((one) => covers(one, name)),
  );
  return named.length > 0
    ? named
    : credentials.filter(({ serverNames }) => serverNames.length === 0);
}

function covers(pattern: string, name: string): boolean {
  if (!pattern.startsWith("*.")) return pattern === name;
  const dot = name.indexOf(".");
  return dot > 0 && name.slice(dot) === pattern.slice(1);
}
