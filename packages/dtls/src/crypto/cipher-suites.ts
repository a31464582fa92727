import type { AeadName, HashName } from "./provider.ts";

/** One row of the table of cipher suites. All of them are AEAD suites with a nonce of 12 bytes. */
export interface CipherSuite {
  /** IANA number. */
  readonly id: number;
  readonly name: string;
  readonly keyExchange: KeyExchange;
  readonly aead: AeadName;
  /** 16 or 32 bytes. */
  readonly keyLength: number;
  /** Bytes of the implicit part of the nonce: 4 before an explicit part of 8, or all 12 (RFC 7905 section 2). */
  readonly fixedIvLength: 4 | 12;
  /** 8 or 16 bytes. */
  readonly tagLength: number;
  /** Hash of the PRF and of the handshake transcript. */
  readonly hash: HashName;
  /** How many records one key may seal (RFC 9147 section 4.5.3). */
  readonly sealLimit: number;
  /** How many records that fail authentication one key may see (RFC 9147 section 4.5.3). */
  readonly forgeryLimit: number;
}

export type KeyExchange = "psk" | "ecdhe-psk" | "ecdhe-ecdsa";

type AeadProfile = Pick<
  CipherSuite,
  "aead" | "keyLength" | "fixedIvLength" | "tagLength" | "sealLimit" | "forgeryLimit"
>;

// RFC 9147 section 4.5.3: 2^24.5 records of full size for GCM, 2^23 for CCM; 2^36 and 2^23.5 forgeries.
const explicit = { fixedIvLength: 4, tagLength: 16 } as const;
const gcm = { ...explicit, sealLimit: 23_726_566, forgeryLimit: 2 ** 36 };
const ccm = { ...explicit, sealLimit: 2 ** 23, forgeryLimit: 11_863_283 };
// RFC 9147 gives no limit for the short tag, it forbids it. 2^16 attempts against 64 bits leave an attacker a chance of 2^-48.
const ccm8 = { ...ccm, tagLength: 8, forgeryLimit: 2 ** 16 };

const aes128ccm8: AeadProfile = { aead: "aes-128-ccm-8", keyLength: 16, ...ccm8 };
const aes256ccm8: AeadProfile = { aead: "aes-256-ccm-8", keyLength: 32, ...ccm8 };
const aes128ccm: AeadProfile = { aead: "aes-128-ccm", keyLength: 16, ...ccm };
const aes256ccm: AeadProfile = { aead: "aes-256-ccm", keyLength: 32, ...ccm };
const aes128gcm: AeadProfile = { aead: "aes-128-gcm", keyLength: 16, ...gcm };
const aes256gcm: AeadProfile = { aead: "aes-256-gcm", keyLength: 32, ...gcm };
const chacha20: AeadProfile = {
  aead: "chacha20-poly1305",
  keyLength: 32,
  fixedIvLength: 12,
  tagLength: 16,
  // RFC 9147 section 4.5.3 sets none. One block of sequence numbers, so that no holder of a connection leaves its own.
  sealLimit: 2 ** 26,
  forgeryLimit: 2 ** 36,
};

/**
 * The suites in the order of preference: long tags first, then the cheaper key (RFC 7251, RFC 5289, RFC 7905, RFC 6655,
 * RFC 5487). Plain PSK stands before ECDHE_PSK (RFC 8442), because the key exchange costs a small device more than all else.
 */
export const cipherSuites: readonly CipherSuite[] = Object.freeze([
  suite(0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ecdhe-ecdsa", aes128gcm, "sha256"),
  suite(0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ecdhe-ecdsa", aes256gcm, "sha384"),
  suite(0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ecdhe-ecdsa", chacha20, "sha256"),
  suite(0xc0ac, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", "ecdhe-ecdsa", aes128ccm, "sha256"),
  suite(0xc0ae, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", "ecdhe-ecdsa", aes128ccm8, "sha256"),
  suite(0x00a8, "TLS_PSK_WITH_AES_128_GCM_SHA256", "psk", aes128gcm, "sha256"),
  suite(0x00a9, "TLS_PSK_WITH_AES_256_GCM_SHA384", "psk", aes256gcm, "sha384"),
  suite(0xc0a4, "TLS_PSK_WITH_AES_128_CCM", "psk", aes128ccm, "sha256"),
  suite(0xc0a5, "TLS_PSK_WITH_AES_256_CCM", "psk", aes256ccm, "sha256"),
  suite(0xc0a8, "TLS_PSK_WITH_AES_128_CCM_8", "psk", aes128ccm8, "sha256"),
  suite(0xc0a9, "TLS_PSK_WITH_AES_256_CCM_8", "psk", aes256ccm8, "sha256"),
  suite(0xd001, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", "ecdhe-psk", aes128gcm, "sha256"),
  suite(0xd002, "TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384", "ecdhe-psk", aes256gcm, "sha384"),
  suite(0xccac, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", "ecdhe-psk", chacha20, "sha256"),
  suite(0xd003, "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256", "ecdhe-psk", aes128ccm8, "sha256"),
]);

/** @param id IANA number. */
export function cipherSuiteById(id: number): CipherSuite | undefined {
  return cipherSuites.find((candidate) => candidate.id === id);
}

/** @param name IANA name, as `TLS_PSK_WITH_AES_128_CCM_8`. */
export function cipherSuiteByName(name: string): CipherSuite | undefined {
  return cipherSuites.find((candidate) => candidate.name === name);
}

function suite(
  id: number,
  name: string,
  keyExchange: KeyExchange,
  aead: AeadProfile,
  hash: HashName,
): CipherSuite {
  return Object.freeze({ id, name, keyExchange, ...aead, hash });
}
