import type { AeadName } from "@dtls-cluster/dtls";

/** What node:crypto must be told about an AEAD algorithm. */
export interface AeadAlgorithm {
  readonly mode: "ccm" | "gcm";
  readonly keyLength: 16 | 32;
  readonly tagLength: 8 | 16;
  /** Names of OpenSSL. */
  readonly aead: "aes-128-ccm" | "aes-256-ccm" | "aes-128-gcm" | "aes-256-gcm";
  readonly ecb: "aes-128-ecb" | "aes-256-ecb";
  readonly cbc: "aes-128-cbc" | "aes-256-cbc";
}

const aes128 = { keyLength: 16, ecb: "aes-128-ecb", cbc: "aes-128-cbc" } as const;
const aes256 = { keyLength: 32, ecb: "aes-256-ecb", cbc: "aes-256-cbc" } as const;

const algorithms: Readonly<Record<AeadName, AeadAlgorithm>> = {
  "aes-128-ccm-8": { ...aes128, mode: "ccm", tagLength: 8, aead: "aes-128-ccm" },
  "aes-256-ccm-8": { ...aes256, mode: "ccm", tagLength: 8, aead: "aes-256-ccm" },
  "aes-128-ccm": { ...aes128, mode: "ccm", tagLength: 16, aead: "aes-128-ccm" },
  "aes-256-ccm": { ...aes256, mode: "ccm", tagLength: 16, aead: "aes-256-ccm" },
  "aes-128-gcm": { ...aes128, mode: "gcm", tagLength: 16, aead: "aes-128-gcm" },
  "aes-256-gcm": { ...aes256, mode: "gcm", tagLength: 16, aead: "aes-256-gcm" },
};

export function aeadAlgorithm(name: AeadName): AeadAlgorithm {
  return algorithms[name];
}
