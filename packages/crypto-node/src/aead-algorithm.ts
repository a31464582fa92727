import type { AeadName } from "@dtls-cluster/dtls";

/** What node:crypto must be told about an AEAD algorithm. */
export type AeadAlgorithm = AesAlgorithm | ChachaAlgorithm;

export interface AesAlgorithm {
  readonly mode: "ccm" | "gcm";
  readonly keyLength: 16 | 32;
  readonly tagLength: 8 | 16;
  /** Names of OpenSSL. */
  readonly aead: "aes-128-ccm" | "aes-256-ccm" | "aes-128-gcm" | "aes-256-gcm";
  readonly ecb: "aes-128-ecb" | "aes-256-ecb";
  readonly cbc: "aes-128-cbc" | "aes-256-cbc";
}

interface ChachaAlgorithm {
  readonly mode: "chacha20-poly1305";
  readonly keyLength: 32;
  readonly tagLength: 16;
  readonly aead: "chacha20-poly1305";
}

const aes128 = { keyLength: 16, ecb: "aes-128-ecb", cbc: "aes-128-cbc" } as const;
const aes256 = { keyLength: 32, ecb: "aes-256-ecb", cbc: "aes-256-cbc" } as const;

const algorithms: Readonly<Record<AeadName, AeadAlgorithm>> = {
  "aes-128-ccm-8": { ...aes128, mode: "ccm", tagLength: 8, aead: "aes-128-ccm" },
  "aes-256-ccm-8": { ...aes256, mode: "ccm", tagLength: 8, aead: "aes-256-ccm" },
  "aes-128-ccm": { ...aes128, mode: "ccm", tagLength: 16, aead: "aes-128-ccm" },
  "aes-256-ccm": { ...aes256, mode: "ccm", tagLength: 16, aead: "aes-256-ccm" },
  "aes-128-gcm": { ...aes128, mode: "gcm", tagLength: 16, aead: "aes-128-gcm" },
  "chacha20-poly1305": {
    mode: "chacha20-poly1305",
    keyLength: 32,
    tagLength: 16,
    aead: "chacha20-poly1305",
  },
  "aes-256-gcm": { ...aes256, mode: "gcm", tagLength: 16, aead: "aes-256-gcm" },
};

export function aeadAlgorithm(name: AeadName): AeadAlgorithm {
  return algorithms[name];
}
