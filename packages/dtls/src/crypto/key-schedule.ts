import type { CipherSuite } from "./cipher-suites.ts";
import { prf } from "./prf.ts";
import type { CryptoProvider, HashName } from "./provider.ts";

/** Bytes of a master secret (RFC 5246 section 8.1). */
export const masterSecretLength = 48;
/** Bytes of a Finished message's body (RFC 5246 section 7.4.9). */
export const verifyDataLength = 12;

/** The keys of both directions of an AEAD suite. */
export interface KeyBlock {
  readonly clientWriteKey: Uint8Array;
  readonly serverWriteKey: Uint8Array;
  readonly clientWriteIv: Uint8Array;
  readonly serverWriteIv: Uint8Array;
}

/**
 * The premaster secret of a PSK key exchange: the other secret, then the key (RFC 4279 section 2).
 * @param otherSecret the shared secret of ECDHE_PSK (RFC 5489 section 2); plain PSK has as many zeros as the key has bytes.
 */
export function pskPremasterSecret(
  psk: Uint8Array,
  otherSecret: Uint8Array = new Uint8Array(psk.length),
): Uint8Array {
  const premaster = new Uint8Array(4 + otherSecret.length + psk.length);
  premaster[0] = otherSecret.length >>> 8;
  premaster[1] = otherSecret.length;
  premaster.set(otherSecret, 2);
  const at = 2 + otherSecret.length;
  premaster[at] = psk.length >>> 8;
  premaster[at + 1] = psk.length;
  premaster.set(psk, at + 2);
  return premaster;
}

/** RFC 5246 section 8.1. */
export function masterSecret(
  crypto: CryptoProvider,
  hash: HashName,
  premasterSecret: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): Uint8Array {
  const seed = concat(clientRandom, serverRandom);
  return prf(crypto, hash, premasterSecret, "master secret", seed, masterSecretLength);
}

/**
 * RFC 7627 section 4.
 * @param sessionHash hash of the handshake messages up to and including ClientKeyExchange.
 */
export function extendedMasterSecret(
  crypto: CryptoProvider,
  hash: HashName,
  premasterSecret: Uint8Array,
  sessionHash: Uint8Array,
): Uint8Array {
  const label = "extended master secret";
  return prf(crypto, hash, premasterSecret, label, sessionHash, masterSecretLength);
}

/** The first `length` bytes of the key block (RFC 5246 section 6.3). */
export function expandKeyBlock(
  crypto: CryptoProvider,
  hash: HashName,
  master: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
  length: number,
): Uint8Array {
  return prf(crypto, hash, master, "key expansion", concat(serverRandom, clientRandom), length);
}

/** Expands and splits the key block; an AEAD suite has no MAC keys in it (RFC 5246 section 6.3). */
export function deriveKeyBlock(
  crypto: CryptoProvider,
  suite: CipherSuite,
  master: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): KeyBlock {
  const { hash, keyLength, fixedIvLength } = suite;
  const length = 2 * (keyLength + fixedIvLength);
  const block = expandKeyBlock(crypto, hash, master, clientRandom, serverRandom, length);
  const ivs = 2 * keyLength;
  const keys: KeyBlock = {
    clientWriteKey: block.slice(0, keyLength),
    serverWriteKey: block.slice(keyLength, ivs),
    clientWriteIv: block.slice(ivs, ivs + fixedIvLength),
    serverWriteIv: block.slice(ivs + fixedIvLength),
  };
  block.fill(0);
  return keys;
}

/**
 * The body of the Finished message that `sender` sends (RFC 5246 section 7.4.9).
 * @param handshakeHash hash of the handshake messages before that Finished.
 */
export function verifyData(
  crypto: CryptoProvider,
  hash: HashName,
  master: Uint8Array,
  sender: "client" | "server",
  handshakeHash: Uint8Array,
): Uint8Array {
  const label = sender === "client" ? "client finished" : "server finished";
  return prf(crypto, hash, master, label, handshakeHash, verifyDataLength);
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
