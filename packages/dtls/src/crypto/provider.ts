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
