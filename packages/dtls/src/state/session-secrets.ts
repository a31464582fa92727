import type { CipherSuite } from "../crypto/cipher-suites.ts";
import type { KeyBlock } from "../crypto/key-schedule.ts";

/** Everything that {@link packSecrets} packs. */
export interface UnpackedSecrets extends KeyBlock {
  readonly masterSecret: Uint8Array;
  readonly clientRandom: Uint8Array;
  readonly serverRandom: Uint8Array;
}

const randomOffset = 48;
const keysOffset = 48 + 32 + 32;
const longestIv = 12;

/** Longest form: that of keys of 32 bytes and IVs of 12. */
export const packedSecretsLength: number = keysOffset + 2 * (32 + longestIv);

/** Copies all secrets to the start of `target`. Keys are of 16 or 32 bytes, fixed IVs of 4 or 12. */
export function packSecrets(secrets: UnpackedSecrets, target: Uint8Array): void {
  let at = 0;
  for (const part of [
    secrets.masterSecret,
    secrets.clientRandom,
    secrets.serverRandom,
    secrets.clientWriteKey,
    secrets.serverWriteKey,
    secrets.clientWriteIv,
    secrets.serverWriteIv,
  ]) {
    target.set(part, at);
    at += part.length;
  }
}

/** Copies of packed secrets, whose key and IV lengths the suite tells. */
export function unpackSecrets(
  packed: Uint8Array,
  { keyLength, fixedIvLength }: CipherSuite,
): UnpackedSecrets {
  const ivs = keysOffset + 2 * keyLength;
  return {
    masterSecret: packed.slice(0, randomOffset),
    clientRandom: packed.slice(randomOffset, randomOffset + 32),
    serverRandom: packed.slice(randomOffset + 32, keysOffset),
    clientWriteKey: packed.slice(keysOffset, keysOffset + keyLength),
    serverWriteKey: packed.slice(keysOffset + keyLength, ivs),
    clientWriteIv: packed.slice(ivs, ivs + fixedIvLength),
    serverWriteIv: packed.slice(ivs + fixedIvLength, ivs + 2 * fixedIvLength),
  };
}

/** Whether the client random of a new hello is that of this session: then the hello is an old one. */
export function hasClientRandom(packed: Uint8Array, random: Uint8Array): boolean {
  for (let i = 0; i < 32; i += 1) if (packed[randomOffset + i] !== random[i]) return false;
  return true;
}

/** Whether the master secret is that of this session. Only for secrets that this side holds already. */
export function hasMasterSecret(packed: Uint8Array, masterSecret: Uint8Array): boolean {
  let difference = 0;
  for (let i = 0; i < randomOffset; i += 1) difference |= (packed[i] ?? 0) ^ (masterSecret[i] ?? 0);
  return difference === 0;
}

/** Plain comparison, for what is no secret. */
export function hasSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}
