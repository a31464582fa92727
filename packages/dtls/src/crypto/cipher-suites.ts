import type { AeadName, HashName } from "./provider.ts";

/** One row of the table of cipher suites. All of them are AEAD suites with a nonce of 4 + 8 bytes. */
export interface CipherSuite {
  /** IANA number. */
  readonly id: number;
  readonly name: string;
  readonly keyExchange: KeyExchange;
  readonly aead: AeadName;
  /** 16 or 32 bytes. */
  readonly keyLength: number;
  /** Bytes of the implicit part of the nonce. */
  readonly fixedIvLength: number;
  /** 8 or 16 bytes. */
  readonly tagLength: number;
  /** Hash of the PRF and of the handshake transcript. */
  readonly hash: HashName;
  /** How many records one key may seal (RFC 9147 section 4.5.3). */
  readonly sealLimit: number;
  /** How many records that fail authentication one key may see (RFC 9147 section 4.5.3). */
  readonly forgeryLimit: number;
}

export type KeyExchange = "psk";

type AeadProfile = Pick<
  CipherSuite,
  "aead" | "keyLength" | "fixedIvLength" | "tagLength" | "sealLimit" | "forgeryLimit"
>;

// RFC 9147 section 4.5.3: 2^24.5 records of full size for GCM, 2^23 for CCM; 2^36 and 2^23.5 forgeries.
const gcm = { fixedIvLength: 4, tagLength: 16, sealLimit: 23_726_566, forgeryLimit: 2 ** 36 };
const ccm = { fixedIvLength: 4, tagLength: 16, sealLimit: 2 ** 23, forgeryLimit: 11_863_283 };
// RFC 9147 gives no limit for the short tag, it forbids it. 2^16 attempts against 64 bits leave an attacker a chance of 2^-48.
const ccm8 = { ...ccm, tagLength: 8, forgeryLimit: 2 ** 16 };

const aes128ccm8: AeadProfile = { aead: "aes-128-ccm-8", keyLength: 16, ...ccm8 };
const aes256ccm8: AeadProfile = { aead: "aes-256-ccm-8", keyLength: 32, ...ccm8 };
const aes128ccm: AeadProfile = { aead: "aes-128-ccm", keyLength: 16, ...ccm };
const aes256ccm: AeadProfile = { aead: "aes-256-ccm", keyLength: 32, ...ccm };
const aes128gcm: AeadProfile = { aead: "aes-128-gcm", keyLength: 16, ...gcm };
const aes256gcm: AeadProfile = { aead: "aes-256-gcm", keyLength: 32, ...gcm };

/** The suites in the order of preference: long tags first, then the cheaper key (RFC 6655, RFC 5487). */
export const cipherSuites: readonly CipherSuite[] = Object.freeze([
  suite(0x00a8, "TLS_PSK_WITH_AES_128_GCM_SHA256", "psk", aes128gcm, "sha256"),
  suite(0x00a9, "TLS_PSK_WITH_AES_256_GCM_SHA384", "psk", aes256gcm, "sha384"),
  suite(0xc0a4, "TLS_PSK_WITH_AES_128_CCM", "psk", aes128ccm, "sha256"),
  suite(0xc0a5, "TLS_PSK_WITH_AES_256_CCM", "psk", aes256ccm, "sha256"),
  suite(0xc0a8, "TLS_PSK_WITH_AES_128_CCM_8", "psk", aes128ccm8, "sha256"),
  suite(0xc0a9, "TLS_PSK_WITH_AES_256_CCM_8", "psk", aes256ccm8, "sha256"),
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
