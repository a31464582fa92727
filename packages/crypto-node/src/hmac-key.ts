import { hash } from "node:crypto";
import type { HashName } from "@dtls-cluster/dtls";

const blockLengths: Readonly<Record<HashName, number>> = { sha256: 64, sha384: 128 };
const hashLengths: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48 };
const longestScratchData = 256;

/**
 * HMAC (RFC 2104) under one key that is used often: its padded blocks are made once.
 * @param key copied, so that the caller may wipe it.
 * @returns the HMAC of its argument, a new array each time.
 */
export function createHmacKey(name: HashName, key: Uint8Array): (data: Uint8Array) => Uint8Array {
  const blockLength = blockLengths[name];
  const secret = key.length > blockLength ? hash(name, key, "buffer") : key;
  const inner = new Uint8Array(blockLength + longestScratchData).fill(0x36, 0, blockLength);
  const outer = new Uint8Array(blockLength + hashLengths[name]).fill(0x5c, 0, blockLength);
  for (let i = 0; i < secret.length; i++) {
    inner[i] = (secret[i] ?? 0) ^ 0x36;
    outer[i] = (secret[i] ?? 0) ^ 0x5c;
  }
  return (data) => {
    const length = blockLength + data.length;
    let input = inner;
    if (length > inner.length) {
      input = new Uint8Array(length);
      input.set(inner.subarray(0, blockLength));
    }
    input.set(data, blockLength);
    outer.set(hash(name, input.subarray(0, length), "buffer"), blockLength);
    return hash(name, outer, "buffer");
  };
}
