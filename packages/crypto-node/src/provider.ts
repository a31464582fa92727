import { hash, timingSafeEqual } from "node:crypto";
import type {
  AeadKey,
  AeadName,
  CertificateType,
  CryptoProvider,
  GroupName,
  HashName,
  KeyAgreement,
  PublicKey,
} from "@dtls-cluster/dtls";
import { aeadAlgorithm } from "./aead-algorithm.ts";
import { NodeAeadKey } from "./aead-key.ts";
import { hmac } from "./hmac.ts";
import { HotKeys } from "./hot-keys.ts";
import { createKeyAgreement } from "./key-agreement.ts";
import { publicKeyOf } from "./signature.ts";

export interface NodeCryptoOptions {
  /**
   * How many keys may keep native objects between records, 0 to 1,000,000; default 8192. Each such key takes about 2 to
   * 5 KB, every other key its own bytes; a connection in use has two.
   */
  readonly hotKeys?: number;
}

/** The provider for production use. It holds a cache of keys in use: create one per process. */
export function createNodeCrypto(options: NodeCryptoOptions = {}): CryptoProvider {
  const capacity = options.hotKeys ?? 8192;
  if (!Number.isInteger(capacity) || capacity < 0 || capacity > 1_000_000) {
    throw new RangeError(`hotKeys is ${capacity}, accepted are whole numbers from 0 to 1000000`);
  }
  return new NodeCrypto(new HotKeys(capacity));
}

class NodeCrypto implements CryptoProvider {
  readonly #hotKeys: HotKeys;

  constructor(hotKeys: HotKeys) {
    this.#hotKeys = hotKeys;
  }

  aeadKey(name: AeadName, key: Uint8Array): AeadKey {
    return new NodeAeadKey(aeadAlgorithm(name), key, this.#hotKeys);
  }

  hash(name: HashName, data: Uint8Array): Uint8Array {
    return hash(name, data, "buffer");
  }

  hmac(name: HashName, key: Uint8Array, data: Uint8Array): Uint8Array {
    return hmac(name, key, data);
  }

  equal(a: Uint8Array, b: Uint8Array): boolean {
    return a.length === b.length && timingSafeEqual(a, b);
  }

  keyAgreement(group: GroupName): KeyAgreement {
    return createKeyAgreement(group);
  }

  publicKey(type: CertificateType, der: Uint8Array): PublicKey | undefined {
    return publicKeyOf(type, der);
  }
}
