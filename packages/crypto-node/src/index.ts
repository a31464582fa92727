/**
 * Cryptography and randomness for `@dtls-cluster/dtls` over node:crypto.
 *
 * @packageDocumentation
 */
export { createNodeEntropy } from "./entropy.ts";
export { createHmacKey } from "./hmac-key.ts";
export { createNodeCrypto, type NodeCryptoOptions } from "./provider.ts";
export { signHandshake } from "./signature.ts";
