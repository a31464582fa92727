/** Hash functions of the supported suites' PRFs. */
export type HashName = "sha256" | "sha384";

/** AEAD algorithms of the supported suites. Nonces are 12 bytes for each of them. */
export type AeadName =
  | "aes-128-ccm-8"
  | "aes-256-ccm-8"
  | "aes-128-ccm"
  | "aes-256-ccm"
  | "aes-128-gcm"
  | "aes-256-gcm";

/** One direction's AEAD key. Implementations keep no nonce state: the caller owns nonces. */
export interface AeadKey {
  /** Bytes that sealing adds: 8 for CCM_8, else 16. */
  readonly tagLength: number;
  /**
   * Encrypts `plaintext` and writes ciphertext and tag to `target` from `offset` on.
   * `target` has room for `plaintext.length + tagLength` bytes there; it may be the array that
   * holds `plaintext`, at another place.
   */
  seal(
    nonce: Uint8Array,
    additionalData: Uint8Array,
    plaintext: Uint8Array,
    target: Uint8Array,
    offset: number,
  ): void;
  /**
   * Verifies and decrypts `sealed` (ciphertext and tag). Returns the plaintext, valid until the next
   * call of any key of the provider, or undefined when the tag does not match. Never throws for bad input.
   */
  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}

/** Cryptographic primitives that the engine is given. */
export interface CryptoProvider {
  /** @param key 16 or 32 bytes; copied, so that the caller may wipe it. */
  aeadKey(name: AeadName, key: Uint8Array): AeadKey;
  hash(name: HashName, data: Uint8Array): Uint8Array;
  hmac(name: HashName, key: Uint8Array, data: Uint8Array): Uint8Array;
  /** Compares in a time that does not depend on the contents; false when the lengths differ. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
}

/** Source of unpredictable bytes. */
export interface Entropy {
  fill(target: Uint8Array): void;
}
