/** Hash functions of the supported suites' PRFs. */
export type HashName = "sha256" | "sha384";

/** Groups of the elliptic curve key exchange, weak ones left out (RFC 8422 section 5.1.1). */
export type GroupName = "x25519" | "secp256r1" | "secp384r1";

/**
 * How a handshake is signed (RFC 8422 section 5.2, RFC 8446 section 4.2.3): ECDSA signatures in DER.
 */
export type SignatureScheme =
  | "ecdsa_secp256r1_sha256"
  | "ecdsa_secp384r1_sha384"
  | "ed25519"
  | "rsa_pkcs1_sha256"
  | "rsa_pss_rsae_sha256";

/** What {@link CryptoProvider.publicKey} accepts as a key. */
export type PublicKeyAlgorithm = "secp256r1" | "secp384r1" | "ed25519" | "rsa";

/** "x509": DER of a certificate. "raw-public-key": DER of a SubjectPublicKeyInfo (RFC 7250). */
export type CertificateType = "x509" | "raw-public-key";

/** AEAD algorithms of the supported suites. Nonces are 12 bytes for each of them. */
export type AeadName =
  | "aes-128-ccm-8"
  | "aes-256-ccm-8"
  | "aes-128-ccm"
  | "aes-256-ccm"
  | "aes-128-gcm"
  | "aes-256-gcm"
  | "chacha20-poly1305";

/**
 * One direction's AEAD key. Keeps no nonce state: the caller owns nonces. Ranges are given as offsets, so that the
 * caller needs no view per record. No argument is kept past the call.
 */
export interface AeadKey {
  /** Bytes that sealing adds: 8 for CCM_8, else 16. */
  readonly tagLength: number;
  /**
   * Encrypts `source[start, end)` and writes ciphertext and tag to `target` from `offset` on, where
   * `end - start + tagLength` bytes have room. `target` may be the array that holds the source, at the same place
   * or where the two do not overlap.
   * @param nonce 12 bytes.
   */
  seal(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    source: Uint8Array,
    start: number,
    end: number,
    target: Uint8Array,
    offset: number,
  ): void;
  /**
   * Verifies `source[start, end)`, ciphertext and tag, and writes the plaintext of `end - start - tagLength` bytes to
   * `target` from `offset` on. Returns false when it is not authentic; then `target` holds nothing of the plaintext.
   * Never throws for bad input. Overlap as for {@link seal}.
   */
  open(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    source: Uint8Array,
    start: number,
    end: number,
    target: Uint8Array,
    offset: number,
  ): boolean;
  /** Overwrites the key and lets go of everything derived from it. Later calls throw. */
  destroy(): void;
}

/** One side's part of an ephemeral key exchange. */
export interface KeyAgreement {
  /** As it stands on the wire: 32 bytes of X25519, or an uncompressed point. */
  readonly publicKey: Uint8Array;
  /**
   * The shared secret, once: the private key is gone afterwards. Undefined when the peer's value is no point of the curve
   * (RFC 8422 section 5.11), or gives a secret of zeros only (RFC 7748 section 6.1).
   */
  agree(peerPublicKey: Uint8Array): Uint8Array | undefined;
}

/** The public key of a peer or of an own credential. */
export interface PublicKey {
  readonly algorithm: PublicKeyAlgorithm;
  /** Whether `signature` over `data` is this key's; false for a scheme that does not fit the key. Never throws. */
  verify(scheme: SignatureScheme, data: Uint8Array, signature: Uint8Array): boolean;
}

/** Cryptographic primitives that the engine is given. */
export interface CryptoProvider {
  /** @param key 16 or 32 bytes; copied, so that the caller may wipe it. */
  aeadKey(name: AeadName, key: Uint8Array): AeadKey;
  hash(name: HashName, data: Uint8Array): Uint8Array;
  hmac(name: HashName, key: Uint8Array, data: Uint8Array): Uint8Array;
  /** Compares in a time that does not depend on the contents; false when the lengths differ. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
  /** A new key pair of the group. */
  keyAgreement(group: GroupName): KeyAgreement;
  /** The key in `der`; undefined when it does not parse, or has an algorithm, curve or length that is not accepted. */
  publicKey(type: CertificateType, der: Uint8Array): PublicKey | undefined;
}

/** Source of unpredictable bytes. */
export interface Entropy {
  fill(target: Uint8Array): void;
}
