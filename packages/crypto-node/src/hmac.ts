import { hash } from "node:crypto";
import type { HashName } from "@dtls-cluster/dtls";

const blockLengths: Readonly<Record<HashName, number>> = { sha256: 64, sha384: 128 };
const longestBlock = 128;
const longestScratchData = 1024;
const innerScratch = new Uint8Array(longestBlock + longestScratchData);
const outerScratch = new Uint8Array(longestBlock + 48);

/**
 * HMAC (RFC 2104) of two one-shot hashes: half the price of an HMAC object of node:crypto, which is made for streams.
 */
export function hmac(name: HashName, key: Uint8Array, data: Uint8Array): Uint8Array {
  const blockLength = blockLengths[name];
  const secret = key.length > blockLength ? hash(name, key, "buffer") : key;
  const inner =
    data.length > longestScratchData ? new Uint8Array(blockLength + data.length) : innerScratch;
  for (let i = 0; i < blockLength; i++) {
    const byte = secret[i] ?? 0;
    inner[i] = byte ^ 0x36;
    outerScratch[i] = byte ^ 0x5c;
  }
  inner.set(data, blockLength);
  const innerHash = hash(name, inner.subarray(0, blockLength + data.length), "buffer");
  outerScratch.set(innerHash, blockLength);
  const outer = outerScratch.subarray(0, blockLength + innerHash.length);
  const result = hash(name, outer, "buffer");
  inner.fill(0, 0, blockLength + data.length);
  outer.fill(0);
  return result;
}
