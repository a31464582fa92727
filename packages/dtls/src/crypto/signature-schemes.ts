import type { PublicKeyAlgorithm, SignatureScheme } from "./provider.ts";

/** A signature scheme, which TLS 1.2 writes as hash and signature algorithm (RFC 5246 section 7.4.1.4.1). */
export interface SignatureSchemeRow {
  /** IANA number of two bytes. */
  readonly id: number;
  readonly name: SignatureScheme;
  readonly algorithms: readonly PublicKeyAlgorithm[];
}

/**
 * In the order of preference. In TLS 1.2 the numbers of ECDSA fix the hash and not the curve, so either hash goes with
 * either curve. MD5, SHA-1 and SHA-224 are left out (RFC 9155).
 */
export const signatureSchemes: readonly SignatureSchemeRow[] = Object.freeze([
  { id: 0x0403, name: "ecdsa_secp256r1_sha256", algorithms: ["secp256r1", "secp384r1"] },
  { id: 0x0503, name: "ecdsa_secp384r1_sha384", algorithms: ["secp384r1", "secp256r1"] },
  { id: 0x0807, name: "ed25519", algorithms: ["ed25519"] },
  // Only clients can have such a key: no suite here has a server of RSA.
  { id: 0x0804, name: "rsa_pss_rsae_sha256", algorithms: ["rsa"] },
  { id: 0x0401, name: "rsa_pkcs1_sha256", algorithms: ["rsa"] },
]);

/** What goes into signature_algorithms. Certificates may be signed in these ways, too. */
export const offeredSchemes: readonly number[] = Object.freeze(
  signatureSchemes.map(({ id }) => id),
);

export function signatureSchemeById(id: number): SignatureSchemeRow | undefined {
  return signatureSchemes.find((scheme) => scheme.id === id);
}

/** The scheme that `algorithm` signs with and a peer verifies, its own curve's hash before the other one. */
export function chooseScheme(
  algorithm: PublicKeyAlgorithm,
  peerSchemes: readonly number[],
): SignatureSchemeRow | undefined {
  const usable = signatureSchemes.filter(
    ({ id, algorithms }) => algorithms.includes(algorithm) && peerSchemes.includes(id),
  );
  return usable.find(({ algorithms }) => algorithms[0] === algorithm) ?? usable[0];
}
